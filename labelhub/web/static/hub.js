// Two things that pages do by themselves; without this file every form and link works all the same.
// 1. A part marked data-live is asked for again when something happened, and only what differs in it is changed.
// 2. A form marked data-inplace is sent without leaving the page. What went wrong is said where the page says things.

const body = document.body;
const lost = document.getElementById("lost");
const REST_MS = 250; // the first of a crowd of events is followed at once, the rest of it together;
const REST_SHARE = 2; // and where asking takes long, there is twice as long a rest from it
const ASK_MS = 3000; // as long as no stream of events can be had
const AGE_MS = 30000; // "5 min ago" grows old by itself

// Two that stand at one place and may become each other: a field only where it is the same field, for it holds what a person chose.
function same(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName || old.id || fresh.id) return false;
  return old.nodeName !== "INPUT" || (old.name === fresh.name && (!/^(radio|checkbox)$/.test(old.type) || old.value === fresh.value));
}

// Makes one element like another. What stays the same is not touched: pictures, focus and open details stay.
export function become(old, fresh) {
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !(name === "open" && old.tagName === "DETAILS")) old.removeAttribute(name);
  }
  const known = new Map([...old.children].filter((one) => one.id).map((one) => [one.id, one]));
  let place = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    const named = next.id && known.get(next.id);
    if (named && named.nodeName === next.nodeName) {
      if (named !== place) old.insertBefore(named, place);
      else place = place.nextSibling;
      become(named, next);
    } else if (place && same(place, next)) {
      const present = place;
      place = place.nextSibling;
      if (present.nodeType !== Node.ELEMENT_NODE) {
        if (present.data !== next.data) present.data = next.data;
      } else if (present !== document.activeElement || !present.matches("input, select, textarea")) become(present, next);
    } else old.insertBefore(next, place);
  }
  while (place) {
    const gone = place;
    place = place.nextSibling;
    gone.remove();
  }
}

function say(id, text) {
  const place = document.getElementById(id);
  if (!place) return;
  place.textContent = text;
  place.hidden = !text;
}

// What a page that is a fault says of it.
function faultIn(page) {
  return page.querySelector("[data-fault] [role=alert]")?.textContent || body.dataset.lost;
}
function parsed(html) {
  return new DOMParser().parseFromString(html, "text/html");
}

// The live part of this very page, filters and all.
let asking = false, again = false;
async function refresh() {
  const part = document.querySelector("[data-live]");
  if (!part || document.hidden) return;
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  const begun = performance.now();
  try {
    const answer = await fetch(location.href, { headers: { "X-Part": "live", Accept: "text/html" }, redirect: "error" });
    if (answer.ok) {
      const fresh = part.cloneNode(false);
      fresh.innerHTML = await answer.text();
      become(part, fresh);
      document.dispatchEvent(new CustomEvent("hub:live", { detail: part }));
      say("lost", "");
    } else if (answer.status === 404) say("lost", faultIn(parsed(await answer.text()))); // what the page shows was taken away
  } catch {
    say("lost", body.dataset.lost);
  }
  asking = false;
  rested = Math.max(begun + REST_MS, performance.now() + REST_SHARE * (performance.now() - begun));
  if (again) {
    again = false;
    soon();
  }
}

let waiting = 0, rested = performance.now() + REST_MS; // the page is new
function soon() {
  waiting ||= setTimeout(() => {
    waiting = 0;
    refresh();
  }, rested - performance.now());
}

let stream = null, poll = 0;
function follow() {
  const part = document.querySelector("[data-live]");
  const every = Number(part?.dataset.live || 0);
  const wanted = part && !document.hidden;
  const streamed = wanted && !every && body.dataset.events;
  if (!streamed && stream) {
    stream.close();
    stream = null;
  }
  clearInterval(poll);
  poll = wanted ? setInterval(refresh, every || (stream?.readyState === EventSource.OPEN ? AGE_MS : ASK_MS)) : 0;
  if (!streamed || stream) return;
  stream = new EventSource(body.dataset.events);
  for (const type of ["job.state_changed", "printer.status", "printer.tape_changed", "printer.removed"]) stream.addEventListener(type, soon);
  stream.addEventListener("open", () => {
    follow();
    soon();
  });
  stream.addEventListener("error", () => {
    if (stream?.readyState === EventSource.CLOSED) {
      stream = null;
      setTimeout(follow, AGE_MS); // refused: too many look, say; meanwhile the page asks
    }
    clearInterval(poll);
    poll = setInterval(refresh, ASK_MS);
  });
}

async function send(form, button) {
  const fields = new FormData(form, button);
  button?.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(fields), headers: { Accept: "text/html" } });
    const page = parsed(await answer.text());
    if (!answer.ok) {
      say("lost", faultIn(page));
      document.getElementById("lost").scrollIntoView({ block: "nearest" });
    } else if (new URL(answer.url).pathname === location.pathname) {
      say("lost", "");
      become(document.getElementById("main"), page.getElementById("main"));
      document.dispatchEvent(new CustomEvent("hub:live", { detail: document.getElementById("main") }));
    } else location.assign(answer.url);
  } catch {
    say("lost", body.dataset.lost);
  }
  button?.removeAttribute("aria-busy");
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-inplace]") || event.defaultPrevented || event.submitter?.hasAttribute("formmethod")) return;
  event.preventDefault();
  if (!event.submitter?.hasAttribute("aria-busy")) send(form, event.submitter);
});
// One open question at a time; Escape closes it, and so does a touch beside it.
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.sure[open]")) {
    if (event.target.closest("details.sure") !== open) open.open = false;
  }
});
document.addEventListener("toggle", (event) => {
  if (!event.target.open || !event.target.matches("details.sure")) return;
  for (const other of document.querySelectorAll("details.sure[open]")) if (other !== event.target) other.open = false;
}, true);
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && document.querySelector("details.sure[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});
document.addEventListener("visibilitychange", () => {
  follow();
  refresh();
});
follow();

// Another script of the page changed what is asked for.
document.addEventListener("hub:ask", soon);

// Times in the zone and the way of whoever looks.
function localise() {
  for (const time of document.querySelectorAll("time[data-local]")) {
    time.textContent = new Date(time.dateTime).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "medium" });
  }
}
document.addEventListener("hub:live", localise);
localise();
