// Comfort of the programme's editor: dragging, sums, people taken from the list. Without it, buttons do all of it.
(function () {
  "use strict";
  var form = document.querySelector("form [data-section]") && document.querySelector("form.is-wide");
  var dragged = null;

  // Where each item stands, for the server.
  function renumber() {
    document.querySelectorAll("[data-section]").forEach(function (list) {
      Array.prototype.forEach.call(list.children, function (item, index) {
        item.querySelector("input[name$='-place']").value = list.dataset.section + "." + index;
      });
    });
  }

  document.querySelectorAll("[data-item] .grip").forEach(function (grip) {
    grip.hidden = false;
    grip.addEventListener("dragstart", function (event) {
      dragged = grip.closest("[data-item]");
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", "");
      event.dataTransfer.setDragImage(dragged, 0, 0);
    });
    grip.addEventListener("dragend", function () { dragged = null; });
  });

  document.querySelectorAll("[data-section]").forEach(function (list) {
    list.addEventListener("dragover", function (event) {
      if (!dragged) { return; }
      event.preventDefault();
      var over = event.target.closest("[data-item]");
      if (over === dragged) { return; }
      var frame = over && over.getBoundingClientRect();
      var after = frame && event.clientY > frame.top + frame.height / 2;
      list.insertBefore(dragged, over ? (after ? over.nextSibling : over) : null);
    });
    list.addEventListener("drop", function (event) {
      if (dragged) { event.preventDefault(); renumber(); }
    });
  });

  // Minutes, added up as they are typed.
  var total = document.querySelector("[data-total]");
  if (form && total) {
    form.addEventListener("input", function (event) {
      if (!event.target.matches("[data-minutes]")) { return; }
      var sum = 0;
      form.querySelectorAll("[data-minutes]").forEach(function (input) { sum += Number(input.value) || 0; });
      total.textContent = sum;
    });
  }

  // Somebody chosen from the list stands with the others at once; a name that two people bear, or that another begins
  // with, is left to the server. Not when the field is left: the button that is being pressed would move away.
  document.querySelectorAll("input[list=people]").forEach(function (input) {
    input.addEventListener("input", function () {
      var found = Array.prototype.filter.call(document.querySelectorAll("#people option"), function (option) {
        return input.value && option.value.startsWith(input.value);
      });
      var list = input.closest(".field").querySelector("[data-cast]");
      if (found.length !== 1 || found[0].value !== input.value || !list) { return; }
      var key = found[0].dataset.key;
      var known = Array.prototype.some.call(list.querySelectorAll("input"), function (one) { return one.value === key; });
      if (!known) {
        var row = document.createElement("li"), hidden = document.createElement("input");
        hidden.type = "hidden";
        hidden.name = list.dataset.cast;
        hidden.value = key;
        row.append(hidden, found[0].value);
        list.append(row);
      }
      input.value = "";
    });
  });
}());
