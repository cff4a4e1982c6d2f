// A template's picture while its text is written: the hub draws what stands there, and keeps nothing.

const text = document.getElementById("text");
const draft = document.getElementById("draft");
const PAUSE_MS = 400;

async function draw() {
  const answer = await fetch("/api/templates/preview?frame=true", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ definition: text.value }),
  });
  draft.hidden = false;
  if (!answer.ok) {
    const problem = await answer.json();
    const place = problem.errors?.[0]?.pointer?.replace("#/definition", "");
    const fault = Object.assign(document.createElement("p"), { className: "proof-fault", lang: "en" });
    fault.textContent = place && !problem.detail.startsWith(place) ? `${place}: ${problem.detail}` : problem.detail;
    return draft.replaceChildren(fault);
  }
  const address = `data:image/png;base64,${btoa(String.fromCharCode(...new Uint8Array(await answer.arrayBuffer())))}`;
  draft.replaceChildren(Object.assign(document.createElement("img"), { src: address, alt: draft.dataset.alt }));
}

let waiting = 0;
if (draft) {
  text.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(draw, PAUSE_MS);
  });
  draw();
  document.addEventListener("hub:live", draw); // saved: the page was made anew around it
  addEventListener("beforeunload", (event) => {
    if (text.value !== text.defaultValue) event.preventDefault();
  });
}
