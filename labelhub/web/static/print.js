// The picture of a label follows what is typed: the address says what stands in the form, and the page's live part is asked again.

const form = document.getElementById("label-form");
const PAUSE_MS = 200;

function address() {
  const given = new URLSearchParams(new FormData(form));
  given.delete("key");
  return `${location.pathname}?${given}`;
}

let waiting = 0;
function follow() {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    history.replaceState(null, "", address());
    document.dispatchEvent(new Event("hub:ask"));
  }, PAUSE_MS);
}

form.addEventListener("input", (event) => {
  if (event.target.name !== "template") follow();
});
form.addEventListener("change", (event) => {
  if (event.target.name === "template") location.replace(address()); // another template has other fields
});

// What happens elsewhere makes the live part be asked for as well: it is to be of what stands here, not of what would be chosen anew.
history.replaceState(null, "", address());
