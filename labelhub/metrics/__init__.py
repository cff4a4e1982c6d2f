"""Metrics: what the hub counts while it runs. One `Metrics` a hub; nothing here knows of Prometheus but `exposition`."""

from __future__ import annotations

from collections.abc import Callable

from labelhub.metrics.tally import Counter, Histogram, Labels

__all__ = ["Counter", "Histogram", "Labels", "Metrics"]

QUICK_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
LONG_S = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0, 43200.0, 86400.0)


class Metrics:
    """Every tally of one hub. Labels are printers' slugs, outcomes, methods and templates of routes: sets that are bounded."""

    def __init__(self) -> None:
        printer = Labels()
        self.printer: Callable[[str], str] = printer.of
        """A printer's slug as the label that stands for it."""
        self.jobs = Counter("labelhub_jobs", "Jobs that ended or need a person, by printer and outcome.", ("printer", "outcome"))
        self.labels = Counter("labelhub_labels_printed", "Labels that are known to be out.", ("printer",))
        self.media_mm = Counter("labelhub_media_used_mm", "Tape or roll that printed labels moved, in mm.", ("printer",))
        self.printed_s = Histogram("labelhub_job_printed_seconds", "From submit to printed.", ("printer",), LONG_S)
        self.render_s = Histogram("labelhub_render_seconds", "Drawing and encoding one label to print, waiting included.", (), QUICK_S)
        self.send_s = Histogram("labelhub_send_seconds", "One connection's labels, until they are known to be out.", ("printer",), LONG_S)
        self.probes = Counter("labelhub_probes", "Looks at printers, by what came of them.", ("printer", "outcome"))
        self.probe_s = Histogram("labelhub_probe_seconds", "One look at a printer.", ("outcome",), QUICK_S)
        self.requests = Counter("labelhub_http_requests", "Requests, by the template of their route.", ("route", "method", "status"))
        self.request_s = Histogram(
            "labelhub_http_request_seconds", "From a request to the beginning of its answer.", ("route", "method"), QUICK_S
        )  # fmt: skip
        self.notices = Counter("labelhub_notices", "Outgoing notices, by target and what came of them.", ("target", "outcome"))
        self.background = Counter("labelhub_background_faults", "What goes on for ever, how often it failed or died.", ("loop",))
        self.subscribers: Callable[[], int] = lambda: 0
        """How many follow the event stream now; set by whoever serves it."""

    @property
    def tallies(self) -> tuple[Counter | Histogram, ...]:
        """All that are counted as things happen, in order."""
        return tuple(value for value in vars(self).values() if isinstance(value, Counter | Histogram))
