// Fills in what the front-end knows about the running release; the page is complete without it.
const place = document.querySelector("[data-release]");
if (place) {
  const base = "/" + location.pathname.split("/")[1];
  fetch(base + "/_towpath/release.json")
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status)))
    .then((release) => {
      place.textContent = `${release.environment} · ${release.server} · ${release.release.slice(0, 8)}`;
    })
    .catch(() => {});
}
