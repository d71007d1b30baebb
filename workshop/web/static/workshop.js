// Comfort only: every page is complete without this file, and nothing here sends anything.
(function () {
  "use strict";
  var language = document.documentElement.lang || "en";

  function hours(instant, zone) {
    var parts = {};
    new Intl.DateTimeFormat("en-GB", {hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone})
      .formatToParts(instant).forEach(function (part) { parts[part.type] = part.value; });
    if (language !== "fr") { return parts.hour + ":" + parts.minute; }
    return Number(parts.hour) + "\u00a0h" + (parts.minute === "00" ? "" : "\u00a0" + parts.minute);
  }

  function day(instant, zone) {
    return new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, {
      weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: zone
    }).format(instant).replace(",", "").replace(/(^| )1 /, language === "fr" ? "$11er " : "$11 ");
  }

  // The reader's own clock, where it differs from the session's.
  document.querySelectorAll("[data-clock]").forEach(function (line) {
    try {
      var own = Intl.DateTimeFormat().resolvedOptions().timeZone;
      var told = line.dataset.clock.split(" "), zone = told[2];
      var starts = new Date(told[0]), ends = new Date(told[1]);
      if (day(starts, own) + hours(starts, own) === day(starts, zone) + hours(starts, zone)) { return; }
      var last = hours(ends, own);
      if (day(ends, own) !== day(starts, own)) { last = day(ends, own) + ", " + last; }
      var dash = language === "fr" ? "\u00a0–\u2060\u00a0" : "\u2060–\u2060";
      var city = own.split("/").pop().replace(/_/g, " ");
      line.querySelector("span").textContent =
        day(starts, own) + ", " + hours(starts, own) + dash + last + " (" + city + ")";
      line.hidden = false;
    } catch (error) { /* an old browser: the session's own clock is enough */ }
  });

  // A list of zones in which nothing was chosen: propose the reader's own.
  document.querySelectorAll("select[data-own-zone]").forEach(function (select) {
    try {
      var own = Intl.DateTimeFormat().resolvedOptions().timeZone;
      if (!own || select.value !== select.dataset.ownZone) { return; }
      if (!Array.prototype.some.call(select.options, function (option) { return option.value === own; })) {
        select.add(new Option(own.split("/").pop().replace(/_/g, " "), own));
      }
      select.value = own;
    } catch (error) { /* an old browser: the session's own zone stays */ }
  });

  // Buttons that copy the input beside them.
  document.querySelectorAll("[data-copy]").forEach(function (button) {
    if (!navigator.clipboard) { return; }
    button.hidden = false;
    button.addEventListener("click", function () {
      var input = button.parentNode.querySelector("input");
      input.select();
      navigator.clipboard.writeText(input.value).then(function () { button.textContent = button.dataset.done; });
    });
  });
}());
