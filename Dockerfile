# The hub as an image for amd64 and arm64: `docker build -t labelhub .`. What it runs are scripts, so that tests run them too.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY . .
RUN bash scripts/container_build.sh /opt/labelhub

FROM python:3.11-slim-bookworm
COPY scripts/container_system.sh /opt/
RUN bash /opt/container_system.sh
COPY --from=build /opt/labelhub /opt/labelhub
ARG REVISION= BUILD_DATE= REPOSITORY=
ENV LABELHUB_LISTEN=0.0.0.0:8090 LABELHUB_DATA_DIR=/data \
    LABELHUB_REVISION=$REVISION LABELHUB_BUILD_DATE=$BUILD_DATE LABELHUB_REPOSITORY=$REPOSITORY
USER labelhub
VOLUME /data
EXPOSE 8090
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["/opt/labelhub/bin/python", "/opt/labelhub/health.py"]
ENTRYPOINT ["/opt/labelhub/bin/labelhub"]
CMD ["serve"]
