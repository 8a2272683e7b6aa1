// Asks the producers and shows their figures; without an answer the links stay.
const say = (id, text) => { document.getElementById(id).textContent = text; };
const ask = (address) => fetch(address).then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status)));

ask("/tides/api/tides").then((tides) => {
  say("water", `${tides.level_metres.toFixed(2)} m`);
  say("next", `${tides.rising ? "Rising" : "Falling"}, by Tides ${tides.version}`);
}).catch(() => {});

ask("/berths/berths.json").then(({ berths, version }) => {
  const free = berths.filter((berth) => berth.barge === null).length;
  say("free", `${free} of ${berths.length}`);
  say("berths", `by Berths ${version}`);
}).catch(() => {});
