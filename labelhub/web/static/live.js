// Follows the part of a page that changes: asks every two seconds while the page is seen, and swaps it when it is another.
"use strict";
for (const part of document.querySelectorAll("[data-live]")) {
  let shown = null;
  const follow = async () => {
    if (document.hidden || part.contains(document.activeElement)) return;
    try {
      const answer = await fetch(part.dataset.live, { credentials: "same-origin", redirect: "error" });
      if (!answer.ok) return;
      const html = await answer.text();
      if (html !== shown) part.innerHTML = html;
      shown = html;
      document.documentElement.classList.remove("lost");
    } catch {
      document.documentElement.classList.add("lost");
    }
  };
  setInterval(follow, 2000);
}
