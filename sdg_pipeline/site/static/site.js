/* What every page does with JavaScript: search, filters of lists, loading of data scripts. Nothing is asked of another host. */
(function () {
  "use strict";
  var doc = document, lang = doc.documentElement.lang, root = doc.body.dataset.root, waiting = {}, store = {};
  var FOLDERS = lang === "es" ? { indicator: "indicador", explain: "explica", state: "estado", municipality: "municipio" }
    : { indicator: "en/indicator", explain: "en/explain", state: "en/state", municipality: "en/municipality" };
  var SDG = window.SDG = { lang: lang, root: root, one: lang === "es" ? 0 : 1, store: store };

  /* Data come as scripts that call these; from a folder a browser loads nothing else. */
  ["places", "indicators", "words", "outlines", "peers", "pages"].forEach(function (name) {
    SDG[name] = function () { store[name] = arguments.length > 1 ? [].slice.call(arguments) : arguments[0]; };
  });
  SDG.values = function (id, period, data) { store[id + "/" + period] = data; };
  SDG.way = function (id, data) { store[id + ".way"] = data; };
  SDG.load = function (path) {
    if (!waiting[path]) {
      waiting[path] = new Promise(function (done, failed) {
        var script = doc.createElement("script");
        script.src = root + "data/" + path + ".js";
        script.onload = function () { done(); };
        script.onerror = function () { delete waiting[path]; failed(new Error(path)); };
        doc.head.appendChild(script);
      });
    }
    return waiting[path];
  };
  SDG.all = function (paths) { return Promise.all(paths.map(SDG.load)); };
  SDG.t = function (key, values) {
    var text = (store.words || {})[key] || key;
    Object.keys(values || {}).forEach(function (name) { text = text.replace("{" + name + "}", values[name]); });
    return text;
  };

  SDG.code = function (n) { return n === 0 ? "MX" : "MX" + (n < 100 ? ("0" + n).slice(-2) : ("0000" + n).slice(-5)); };
  SDG.page = function (n) { return n ? root + FOLDERS[n < 100 ? "state" : "municipality"] + "/" + SDG.code(n) + ".html" : root + (lang === "es" ? "" : "en/") + "index.html"; };
  SDG.indicatorPage = function (id) { return root + FOLDERS.indicator + "/" + id + ".html"; };
  SDG.explainPage = function (id, n, period, group) { return root + FOLDERS.explain + "/" + id + ".html#a=" + SDG.code(n) + (period ? "&p=" + period : "") + (group ? "&g=" + group : ""); };
  SDG.number = function (value, decimals) {
    if (value === null || value === undefined) return "–";
    var parts = Math.abs(value).toFixed(decimals).split(".");
    parts[0] = parts[0].replace(/\B(?=(\d{3})+(?!\d))/g, ",");
    return (value < 0 ? "−" : "") + parts.join(".");
  };
  SDG.names = function () {
    if (!store.named) { store.named = {}; store.places.forEach(function (place) { store.named[place[0]] = place[1]; }); }
    return store.named;
  };
  /* All names once they are loaded, which takes longer than a map. */
  SDG.named = function () { return SDG.load("places").then(SDG.names); };
  SDG.states = function () { var list = []; for (var n = 1; n <= 32; n++) list.push([n, SDG.t(SDG.code(n))]); return list; };
  SDG.element = function (tag, attributes, children) {
    var made = tag === "svg" || tag === "path" || tag === "g" || SDG.svg[tag] ? doc.createElementNS("http://www.w3.org/2000/svg", tag) : doc.createElement(tag);
    Object.keys(attributes || {}).forEach(function (name) {
      if (name === "text") made.textContent = attributes.text; else made.setAttribute(name, attributes[name]);
    });
    (children || []).forEach(function (child) { made.appendChild(child); });
    return made;
  };
  SDG.svg = { title: 0, line: 1, circle: 1, text: 1, pattern: 1, defs: 1, polyline: 1 };
  SDG.fill = function (select, entries, chosen) {
    select.textContent = "";
    entries.forEach(function (entry) {
      var option = SDG.element("option", { value: entry[0], text: entry[1] });
      option.selected = String(entry[0]) === String(chosen);
      select.appendChild(option);
    });
    select.parentNode.hidden = entries.length < 2;
  };
  /* A block of values as rows [area, value, lower, upper, mark]. */
  SDG.rows = function (block) {
    var area = 0, alike = typeof block.m === "string", marks = {};
    if (!alike) Object.keys(block.m || {}).forEach(function (mark) {
      var place = 0;
      block.m[mark].forEach(function (step) { place += step; marks[place] = mark; });
    });
    return block.a.map(function (step, i) {
      area += step;
      return [area, block.v[i], block.l ? block.l[i] : null, block.u ? block.u[i] : null, alike ? block.m : marks[i] || ""];
    });
  };
  SDG.csv = function (name, rows) {
    var text = "\ufeff" + rows.map(function (row) {
      return row.map(function (cell) {
        var shown = cell === null || cell === undefined ? "" : String(cell);
        if (/^[=+\-@\t]/.test(shown) && isNaN(Number(shown))) shown = "'" + shown;
        return /[",\n]/.test(shown) ? '"' + shown.replace(/"/g, '""') + '"' : shown;
      }).join(",");
    }).join("\r\n") + "\r\n";
    var link = SDG.element("a", { href: URL.createObjectURL(new Blob([text], { type: "text/csv" })), download: name });
    doc.body.appendChild(link); link.click(); link.remove();
  };
  SDG.hash = function () {
    var chosen = {};
    location.hash.slice(1).split("&").forEach(function (part) { var at = part.indexOf("="); if (at > 0) chosen[part.slice(0, at)] = decodeURIComponent(part.slice(at + 1)); });
    return chosen;
  };
  /* The address holds a choice once the reader has one: Orca does not begin to read a page whose address has a fragment. */
  SDG.remember = function (chosen) {
    if (SDG.choice || location.hash) address(chosen);
    SDG.choice = chosen;
  };
  function address(chosen) {
    var parts = Object.keys(chosen).filter(function (key) { return chosen[key] !== ""; }).map(function (key) { return key + "=" + encodeURIComponent(chosen[key]); });
    history.replaceState(null, "", "#" + parts.join("&"));
  }
  SDG.copy = function (button) {
    button.addEventListener("click", function () {
      if (SDG.choice) address(SDG.choice);
      var said = button.textContent, done = function () { button.textContent = SDG.t("js_copied"); setTimeout(function () { button.textContent = said; }, 2000); };
      var field = SDG.element("textarea", {}); field.value = location.href; doc.body.appendChild(field); field.select();
      if (doc.execCommand("copy")) done();
      field.remove(); button.focus();
    });
  };

  /* Search: without accents and case, every word a beginning of a word, else with one or two errors of typing. */
  function plain(text) { return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase(); }
  function distance(a, b, most) {
    if (Math.abs(a.length - b.length) > most) return most + 1;
    var before = [], last = [], i, j;
    for (j = 0; j <= b.length; j++) last[j] = j;
    for (i = 1; i <= a.length; i++) {
      var row = [i];
      for (j = 1; j <= b.length; j++) {
        row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
        if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j], before[j - 2] + 1);
      }
      before = last; last = row;
    }
    return last[b.length];
  }
  function score(wanted, words, text) {
    var sum = 0;
    for (var i = 0; i < wanted.length; i++) {
      var w = wanted[i], best = 9, most = /[0-9]/.test(w) ? 0 : w.length > 6 ? 2 : w.length > 3 ? 1 : 0;
      for (var k = 0; k < words.length && best > 0; k++) {
        if (words[k] === w) best = 0;
        else if (words[k].indexOf(w) === 0) best = Math.min(best, 1);
        else if (best > 2 && most) { var d = distance(w, words[k].slice(0, Math.max(w.length, words[k].length - (words[k].length > w.length + 2 ? words[k].length - w.length : 0))), most); if (d <= most) best = Math.min(best, 2 + d); }
      }
      if (best === 9) return -1;
      sum += best;
    }
    return sum + text.length / 1000;
  }
  function index() {
    if (store.index) return store.index;
    var names = SDG.names();
    /* A place once by its name and once by each other name, which the result then says. */
    var areas = [];
    store.places.forEach(function (p) {
      var state = p[0] > 99 ? names[Math.floor(p[0] / 1000)] : "", code = SDG.code(p[0]).toLowerCase();
      [[[p[1]], ""], [p[2] || [], "js_former"], [p[3] || [], "js_other"]].forEach(function (kind) {
        kind[0].forEach(function (name) {
          var text = plain(name), said = kind[1] ? SDG.t(kind[1], { name: name }) : "";
          areas.push({ text: text, title: text.split(/[^a-z0-9]+/), words: (text + " " + plain(state)).split(/[^a-z0-9]+/).concat(code.slice(2), code), name: p[1], more: state, said: said, href: SDG.page(p[0]), weight: (p[0] > 99 ? 0.2 : 0) + (kind[1] ? 0.1 : 0), n: p[0] });
        });
      });
    });
    var indicators = store.indicators.map(function (i) {
      var text = plain(i[1]);
      return { text: text, words: (text + " " + plain(i[5])).split(/[^a-z0-9.]+/).concat(i[2], [i[0]].concat(i[6]).join("_").split("_")), title: text.split(/[^a-z0-9.]+/), name: i[1], more: i[2], href: SDG.indicatorPage(i[0]), weight: 0 };
    });
    return (store.index = { areas: areas, indicators: indicators });
  }
  function pages() {
    return (store.pages || []).map(function (p) {
      var text = plain(p[0]);
      return { text: text, words: (text + " " + plain(p[1])).split(/[^a-z0-9]+/), title: text.split(/[^a-z0-9]+/), name: p[0], more: "", href: root + p[2], weight: 0 };
    });
  }
  SDG.search = function (text) {
    var wanted = plain(text).split(/[^a-z0-9.]+/).filter(Boolean), whole = plain(text).trim(), found = index();
    function best(entries) {
      var seen = {};
      if (!wanted.length) return [];
      return entries.map(function (e) {
        var s = score(wanted, e.words, e.text), t = e.title ? score(wanted, e.title, e.text) : -1;
        if (t >= 0) s = Math.min(s, t) - 1;
        if (e.text === whole) s -= 2; else if (e.text.indexOf(whole) >= 0) s -= 0.5;
        return [s, e, s === -1 && t < 0];
      }).filter(function (pair) { return !pair[2]; }).sort(function (a, b) { return a[0] + a[1].weight - b[0] - b[1].weight || (a[1].name < b[1].name ? -1 : 1); }).map(function (pair) { return pair[1]; }).filter(function (e) { return seen[e.href] ? false : (seen[e.href] = true); });
    }
    return { areas: best(found.areas), indicators: best(found.indicators), pages: best(pages()) };
  };
  function searching(form) {
    var field = form.querySelector("input"), list = SDG.element("ul", { class: "hits", hidden: "" }), status = SDG.element("span", { class: "sr", "aria-live": "polite" });
    field.autocomplete = "off"; field.spellcheck = false;
    form.hidden = false; form.appendChild(list); form.appendChild(status);
    form.addEventListener("submit", function (event) { event.preventDefault(); var first = list.querySelector("a"); if (first) location.href = first.href; });
    field.addEventListener("input", function () {
      SDG.all(["places", "indicators-" + lang, "words-" + lang, "pages-" + lang]).then(function () { show(field.value); });
    });
    form.addEventListener("keydown", function (event) {
      var links = [].slice.call(list.querySelectorAll("a")), at = links.indexOf(doc.activeElement);
      if (event.key === "Escape") { list.hidden = true; field.focus(); }
      if (event.key === "ArrowDown" && links.length) { event.preventDefault(); links[Math.min(at + 1, links.length - 1)].focus(); }
      if (event.key === "ArrowUp" && at >= 0) { event.preventDefault(); if (at) links[at - 1].focus(); else field.focus(); }
    });
    form.addEventListener("focusout", function (event) { if (!form.contains(event.relatedTarget)) list.hidden = true; });
    field.addEventListener("focus", function () { if (list.childNodes.length) list.hidden = false; });
    function show(text) {
      var found = SDG.search(text), count = found.areas.length + found.indicators.length + found.pages.length;
      list.textContent = "";
      [["js_places", found.areas], ["js_indicators", found.indicators], ["js_pages", found.pages]].forEach(function (part) {
        if (!part[1].length) return;
        list.appendChild(SDG.element("li", { class: "head", text: SDG.t(part[0]) }));
        part[1].slice(0, 8).forEach(function (hit) {
          list.appendChild(SDG.element("li", {}, [SDG.element("a", { href: hit.href }, [doc.createTextNode(hit.name), SDG.element("small", { text: [hit.said, hit.more].filter(Boolean).join(" · ") })])]));
        });
      });
      status.textContent = text.trim() ? (count ? SDG.t(count === 1 ? "js_found_one" : "js_found", { n: count }) : SDG.t("js_none")) : "";
      if (!count && text.trim()) list.appendChild(SDG.element("li", { class: "head", text: SDG.t("js_none") }));
      list.hidden = !text.trim();
    }
  }
  [].forEach.call(doc.querySelectorAll("form.search"), searching);
  /* On pages of places the value of a row leads to where it comes from, and a stroke shows its rank. */
  [].forEach.call(doc.querySelectorAll(".profile tbody tr"), function (row) {
    var head = row.querySelector("th a"), value = row.querySelector("td b"), rank = row.querySelector(".r");
    if (head && value && !value.querySelector("a")) {
      var id = head.getAttribute("href").replace(/^.*\/|\.html$/g, "");
      var link = SDG.element("a", { href: SDG.explainPage(id, Number(doc.body.dataset.name.slice(2)), "", 0), text: value.textContent });
      value.textContent = ""; value.appendChild(link);
    }
    if (rank) {
      var places = rank.textContent.split("/").map(Number);
      rank.style.setProperty("--p", Math.round(100 * (places[0] - 1) / (places[1] - 1)));
    }
  });
  /* On the page of a municipality its peers come with a script, since the page must stay small. */
  if (doc.body.dataset.kind === "municipality") {
    var self = Number(doc.body.dataset.name.slice(2)), part = Math.floor(self / 25);
    SDG.all(["peers-" + part, "words-" + lang]).then(function () {
      var peers = store.peers[1], own = peers.m[self], table = doc.querySelector(".profile"), rows = {};
      if (!own || !table) return;
      peers.i.forEach(function (id, i) { if (own[1][i]) rows[id] = [own[1][i], peers.d[i]]; });
      table.style.setProperty("--h6", '"' + SDG.t("js_peers_column") + '"');
      table.tHead.rows[0].appendChild(SDG.element("th", { scope: "col", text: SDG.t("js_peers_column") }));
      [].forEach.call(table.querySelectorAll("tbody tr"), function (row) {
        var head = row.querySelector("th[colspan]"), link = row.querySelector("th a");
        if (head) { head.colSpan += 1; return; }
        var cell = SDG.element("td", { class: "p" }), shown = rows[link.getAttribute("href").replace(/^.*\/|\.html$/g, "")];
        if (shown) {
          cell.appendChild(doc.createTextNode(SDG.number(shown[0][0], shown[1])));
          if (shown[0][1]) cell.appendChild(doc.createTextNode(" "));
          if (shown[0][1]) cell.appendChild(SDG.element("i", { text: shown[0][1] + "/" + shown[0][2] }));
        }
        row.appendChild(cell);
      });
      var list = SDG.element("ol", { class: "places" }), before = doc.getElementById("lacks");
      own[0].forEach(function (code) {
        var state = Math.floor(code / 1000), items = [SDG.element("a", { href: SDG.page(code), text: peers.n[code] })];
        if (state !== Math.floor(self / 1000)) items.push(SDG.element("small", { text: " " + SDG.t(SDG.code(state)) }));
        list.appendChild(SDG.element("li", {}, items));
      });
      before.parentNode.insertBefore(SDG.element("section", { id: "peers", "aria-labelledby": "like" }, [
        SDG.element("h2", { id: "like", text: SDG.t("js_peers") }), SDG.element("p", { class: "note", text: SDG.t("js_peers_note") }), list
      ]), before);
    });
  }
  [].forEach.call(doc.querySelectorAll("input[data-filter]"), function (field) {
    field.addEventListener("input", function () {
      var wanted = plain(field.value);
      [].forEach.call(doc.querySelectorAll(field.dataset.filter), function (item) { item.hidden = plain(item.textContent).indexOf(wanted) < 0; });
    });
  });
})();
