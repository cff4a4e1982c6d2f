// Two things that pages do by themselves; without this file every form and link works all the same.
// 1. A part marked data-live is asked for again when something happened, and only what differs in it is changed.
// 2. A form marked data-inplace is sent without leaving the page. What went wrong is said where the page says things.

const body = document.body;
const REST_MS = 250; // the first of a crowd of events is followed at once, the rest of it together;
const REST_SHARE = 2; // and where asking takes long, there is twice as long a rest from it
const ASK_MS = 3000; // as long as no stream of events can be had
const AGE_MS = 30000; // "5 min ago" grows old by itself
const KNOCK_MS = 2000; // so often it is asked whether a hub that is away is back,
const KNOCKS = 3; // and each so many times whether it is there at all, where no such part asks
const unsure = new WeakSet(); // forms that were sent, and nobody knows yet whether they arrived: sent again, they are to be the same

// Two that stand at one place and may become each other: a field only where it is the same field, for it holds what a person chose.
function same(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName || old.id || fresh.id) return false;
  return old.nodeName !== "INPUT" || (old.name === fresh.name && (!/^(radio|checkbox)$/.test(old.type) || old.value === fresh.value));
}

// Makes one element like another. What stays the same is not touched: pictures, focus and open details stay.
export function become(old, fresh) {
  if ((old.name === "key" && unsure.has(old.form)) || old.hasAttribute("data-own")) return; // data-own: its script fills it
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && name !== "aria-busy" && !(name === "open" && old.tagName === "DETAILS")) old.removeAttribute(name);
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

// What a page says by itself: `said` what was done, `wrong` what could not be, `lost` that the hub is away, `out` that one has to sign in.
function show(id, shown) {
  const place = document.getElementById(id);
  if (place.hidden === shown) place.hidden = !shown;
}
function say(id, text) {
  const place = document.getElementById(id);
  place.querySelector("span").textContent = text;
  if (id === "wrong" && !place.querySelector("button")) {
    const close = Object.assign(document.createElement("button"), { type: "button", className: "quiet", textContent: "×", ariaLabel: body.dataset.close });
    close.addEventListener("click", () => show("wrong", false));
    place.append(close);
  }
  for (const turn of place.getAnimations()) turn.currentTime = 0; // it goes away by itself, each time anew
  show(id, Boolean(text));
}

document.addEventListener("input", () => show("wrong", false)); // it is being put right

let away = false;
function heard(answer) {
  away = answer.status >= 500; // a proxy says so where there is one
  show("lost", away);
}
function letIn(answer) {
  const out = answer.type === "opaqueredirect" || answer.status === 401; // to the page to sign in at
  if (out) {
    const place = document.getElementById("out");
    const link = place.querySelector("a") || place.appendChild(Object.assign(document.createElement("a"), { textContent: place.dataset.link }));
    link.href = `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
  }
  show("out", out);
}
function unheard() {
  away = true;
  show("lost", true);
}

// What a page that is a fault says of it.
function faultIn(page) {
  return page.querySelector("[data-fault] [role=alert]")?.textContent || body.dataset.lost;
}
function parsed(html) {
  return new DOMParser().parseFromString(html, "text/html");
}

// The live part of this very page, filters and all.
let asking = false, again = false, leaving = false;
async function refresh() {
  const part = document.querySelector("[data-live]");
  if (!part || document.hidden || leaving) return;
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  const begun = performance.now();
  try {
    const answer = await fetch(location.href, { headers: { "X-Part": "live", Accept: "text/html" }, redirect: "manual" });
    heard(answer);
    letIn(answer);
    if (answer.ok) {
      const fresh = part.cloneNode(false);
      fresh.innerHTML = await answer.text();
      become(part, fresh);
      document.dispatchEvent(new CustomEvent("hub:live", { detail: part }));
    } else if (answer.status === 404) say("wrong", faultIn(parsed(await answer.text()))); // what the page shows was taken away
  } catch {
    unheard();
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
  unsure.add(form);
  say("wrong", "");
  show("said", false);
  try {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(fields), headers: { Accept: "text/html" } });
    const page = parsed(await answer.text());
    heard(answer);
    letIn(answer);
    if (answer.ok) {
      unsure.delete(form);
      const done = page.getElementById("said")?.textContent.trim() || "";
      if (new URL(answer.url).pathname === location.pathname) {
        become(document.getElementById("main"), page.getElementById("main"));
        say("said", done);
        document.dispatchEvent(new CustomEvent("hub:live", { detail: document.getElementById("main") }));
      } else leave(answer.url, done);
    } else if (answer.status !== 401) say("wrong", faultIn(page));
  } catch {
    unheard();
    say("wrong", body.dataset.unsent);
  }
  button?.removeAttribute("aria-busy");
}

// The page that follows is asked for a second time, by the browser; what the first one said of the form is said there.
function leave(url, said) {
  try {
    sessionStorage.setItem("said", said);
  } catch { /* a browser that keeps nothing */ }
  location.assign(url);
}
try {
  if (sessionStorage.getItem("said")) say("said", sessionStorage.getItem("said"));
  sessionStorage.removeItem("said");
} catch { /* as above */ }

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-inplace]") || event.defaultPrevented || event.submitter?.hasAttribute("formmethod")) return;
  event.preventDefault();
  if (!event.submitter?.hasAttribute("aria-busy")) send(form, event.submitter);
});
// Whatever else leads away shows that it was pressed, and not into the void while the hub is away.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  if (away || event.submitter?.hasAttribute("aria-busy")) event.preventDefault();
  else {
    event.submitter?.setAttribute("aria-busy", "true");
    leaving = true;
  }
});
document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || link.origin !== location.origin || link.hash || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  if (!away) {
    if (link.hasAttribute("data-slow")) link.setAttribute("aria-busy", "true");
    return;
  }
  event.preventDefault();
  await knock();
  if (!away) location.assign(link.href);
});
addEventListener("pageshow", () => {
  leaving = false;
  for (const one of document.querySelectorAll("[aria-busy]")) one.removeAttribute("aria-busy");
});

async function knock() {
  try {
    heard(await fetch("/healthz", { cache: "no-store", redirect: "manual" }));
  } catch {
    unheard();
  }
}
let turns = 0;
setInterval(() => {
  turns += 1;
  if (!document.hidden && (away || (turns % KNOCKS === 0 && !document.querySelector("[data-live]")))) knock();
}, KNOCK_MS);
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

// A link to a field of this very page leads into it.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href^='#']");
  if (link) document.querySelector(link.hash)?.focus();
});

// Times in the zone and the way of whoever looks.
const way = navigator.languages.find((one) => one.split("-")[0] === document.documentElement.lang) || document.documentElement.lang;
function localise() {
  for (const time of document.querySelectorAll("time[data-local]")) {
    time.textContent = new Date(time.dateTime).toLocaleString(way, { dateStyle: "medium", timeStyle: "medium" });
  }
}
document.addEventListener("hub:live", localise);
localise();
