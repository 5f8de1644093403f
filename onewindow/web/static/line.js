/* A manager has changed what this window serves: its officer sees it without loading the page anew. */
"use strict";

const place = document.querySelector("[data-news]");
if (place && window.EventSource) {
  let served = null;
  new EventSource(place.dataset.news).onmessage = (event) => {
    const now = JSON.parse(event.data).queues.join("、");
    if (served !== null && served !== now) window.htmx?.trigger("#line", "news");
    served = now;
  };
}
