"use strict";
{
  const data = JSON.parse(document.getElementById("network-data").textContent);
  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const ints = (text) => new Int32Array(bytes(text).buffer);

  const feature = ints(data.feature), threshold = new Float64Array(bytes(data.threshold).buffer);
  const missing = bytes(data.missing), fanIn = bytes(data.fanIn), wires = ints(data.wires);
  const tables = bytes(data.tables), layer = ints(data.layer), cone = bytes(data.cone);
  const outputs = ints(data.outputs), nInputs = data.nInputs, nLuts = fanIn.length;
  const weights = data.weights ? ints(data.weights) : null, bias = data.bias ? ints(data.bias) : null;
  const firstWire = new Int32Array(nLuts + 1), firstByte = new Int32Array(nLuts + 1);
  for (let lut = 0; lut < nLuts; lut++) {
    firstWire[lut + 1] = firstWire[lut] + fanIn[lut];
    firstByte[lut + 1] = firstByte[lut] + 8 * Math.max(1, 2 ** fanIn[lut] / 64);
  }

  /* The network itself. Entry p of a table is bit p; input j of a LUT is bit j of its address. */
  const entry = (lut, p) => (tables[firstByte[lut] + (p >> 3)] >> (p & 7)) & 1;
  function address(lut, signals) {
    let p = 0;
    for (let w = firstWire[lut], j = 0; w < firstWire[lut + 1]; w++, j++) p |= signals[wires[w]] << j;
    return p;
  }
  function run(x) {
    const signals = new Uint8Array(nInputs + nLuts);
    for (let i = 0; i < nInputs; i++) {
      const value = x[feature[i]];
      if (value === null || Number.isNaN(value)) signals[i] = missing[i];
      else if (data.code) signals[i] = ((Math.floor(value / threshold[i]) % 2) + 2) % 2;
      else signals[i] = value >= threshold[i] ? 1 : 0;
    }
    for (let lut = 0; lut < nLuts; lut++)
      if (cone[lut]) signals[nInputs + lut] = entry(lut, address(lut, signals));
    const bits = Array.from(outputs, (o) => (o >= 0 ? signals[o] : o === -1 ? 0 : 1));
    if (!weights) return { signals, bits, told: bits.join("") };
    const scores = Array.from(bias, (b, c) =>
      bits.reduce((sum, bit, i) => sum + bit * weights[c * bits.length + i], b));
    if (data.head === "sum") {
      const numbers = scores.map((score) => score * data.scale + data.offset);
      return { signals, bits, scores, numbers, told: numbers.map((n) => +n.toPrecision(6)).join(", ") };
    }
    const number = scores.indexOf(Math.max(...scores));
    return { signals, bits, scores, number, told: data.classes[number] };
  }
  window.lutgen = { run };

  /* Words for what stands in the network. */
  const lutName = (lut) => `l${layer[lut]}_n${lut - data.lutNames[layer[lut] - 1]}`;
  function featureName(f) {
    if (data.names.length) return data.names[f];
    if (!data.image.length) return `feature ${f}`;
    return `pixel ${Math.floor(f / data.image[1])},${f % data.image[1]}`;
  }
  function signalName(s) {
    if (s >= nInputs) return lutName(s - nInputs);
    const name = featureName(feature[s]);
    if (data.code) return `${name}, bit of ${threshold[s]}`;
    if (threshold[s] === Infinity) return `${name} is missing`;
    return `${name} ≥ ${threshold[s]}${missing[s] ? " or missing" : ""}`;
  }
  function initText(lut) {
    let text = "";
    for (let p = 0; p < 2 ** fanIn[lut]; p += 4) {
      let digit = 0;
      for (let j = 0; j < 4 && p + j < 2 ** fanIn[lut]; j++) digit |= entry(lut, p + j) << j;
      text = digit.toString(16) + text;
    }
    return `${2 ** fanIn[lut]}'h${text}`;
  }
  const votes = new Map();
  if (weights && data.classes)
    outputs.forEach((signal, i) => {
      if (signal < nInputs) return;
      const told = data.classes.flatMap((name, c) => {
        const weight = weights[c * outputs.length + i];
        return weight ? [`${weight > 0 ? "+" : ""}${weight} for ${name}`] : [];
      });
      votes.set(signal - nInputs, [...(votes.get(signal - nInputs) || []), ...told]);
    });

  const element = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };
  const live = document.getElementById("live");
  live.hidden = false;
  let state = null, shown = -1;

  /* The truth table of a LUT, beside the tiles. */
  const panel = document.getElementById("lut-panel");
  function tableOf(lut) {
    const k = fanIn[lut], low = Math.ceil(k / 2), high = k - low;
    if (k > 8) return element("p", { class: "note" }, `${2 ** k} entries are too many to show.`);
    const now = state ? address(lut, state.signals) : -1;
    const heading = (n, value) =>
      Array.from({ length: n }, (_, j) => (value >> (n - 1 - j)) & 1).join("");
    const names = (from, n) => Array.from({ length: n }, (_, j) => from + n - 1 - j).join(" ");
    const corner = high ? `inputs ${names(low, high)} \\ ${names(0, low)}` : `inputs ${names(0, low)}`;
    const head = element("tr", {}, element("th", { scope: "col" }, corner));
    for (let column = 0; column < 2 ** low; column++)
      head.append(element("th", { scope: "col" }, heading(low, column)));
    const body = element("tbody");
    for (let row = 0; row < 2 ** high; row++) {
      const line = element("tr", {}, element("th", { scope: "row" }, heading(high, row) || "–"));
      for (let column = 0; column < 2 ** low; column++) {
        const p = (row << low) | column, bit = entry(lut, p);
        line.append(element("td", { class: `bit${bit ? " one" : ""}${p === now ? " now" : ""}` }, String(bit)));
      }
      body.append(line);
    }
    return element("table", { class: "truth" }, element("thead", {}, head), body);
  }
  function show(lut) {
    shown = lut;
    const list = element("ol", { start: "0" });
    for (let w = firstWire[lut]; w < firstWire[lut + 1]; w++) {
      const value = state ? ` = ${state.signals[wires[w]]}` : "";
      list.append(element("li", {}, `${signalName(wires[w])}${value}`));
    }
    const told = [`layer ${layer[lut]}`, `INIT ${initText(lut)}`, ...(votes.get(lut) || [])];
    if (state) told.push(`now ${state.signals[nInputs + lut]}`);
    panel.replaceChildren(
      element("h3", {}, `LUT ${lutName(lut)}`),
      element("p", { class: "note" }, told.join("; ")),
      list,
      element("div", { class: "table", tabindex: "0", role: "group", "aria-label": `Truth table of ${lutName(lut)}` }, tableOf(lut)),
    );
    draw();
  }

  /* Tiles, and nodes of the graph: all are buttons, one of each group in the order of tabs. */
  const marked = [];
  const label = (lut) =>
    `${lutName(lut)}${votes.has(lut) ? `, ${votes.get(lut).join(", ")}` : ""}${state ? `, now ${state.signals[nInputs + lut]}` : ""}`;
  function watch(node, group, lut) {
    group.push(node);
    marked.push([node, lut]);
    node.setAttribute("role", "button");
    node.setAttribute("tabindex", group.length === 1 ? "0" : "-1");
    node.setAttribute("aria-label", label(lut));
    node.addEventListener("mouseenter", () => show(lut));
    node.addEventListener("click", () => { node.focus(); show(lut); });
    node.addEventListener("focus", () => {
      group.forEach((other) => other.setAttribute("tabindex", other === node ? "0" : "-1"));
      show(lut);
    });
    node.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      const at = group.indexOf(node);
      const next = event.key === "Home" ? 0 : event.key === "End" ? group.length - 1 : at + (step || 0);
      if (next !== at && group[next]) { group[next].focus(); event.preventDefault(); }
    });
  }
  const drawn = [];
  document.querySelectorAll("svg [data-lut]").forEach((node) => {
    node.querySelector("title").remove();
    watch(node, drawn, Number(node.dataset.lut));
  });
  const tiles = document.getElementById("tiles");
  const groups = Object.entries(data.parts).map(([name, luts]) => [`class ${name}`, bytes(luts)]);
  const taken = new Set(), all = [];
  function addTiles(title, luts) {
    const line = element("div", { class: "tiles", role: "group", "aria-label": title });
    luts.forEach((lut) => {
      taken.add(lut);
      const tile = element("button", { type: "button", class: "tile" });
      line.append(tile);
      watch(tile, all, lut);
    });
    if (luts.length) tiles.append(element("p", { class: "tiles-title" }, title), line);
  }
  const every = Array.from(cone.keys()).filter((lut) => cone[lut]);
  if (!tiles) {
    /* The graph has them. */
  } else if (every.length > 6000)
    tiles.append(element("p", { class: "note" }, "More LUTs than a page shows one by one."));
  else {
    groups.forEach(([title, luts]) => addTiles(title, every.filter((lut) => luts[lut] && !taken.has(lut))));
    const rest = every.filter((lut) => !taken.has(lut));
    for (const number of new Set(rest.map((lut) => layer[lut])))
      addTiles(groups.length ? `layer ${number}, shared` : `layer ${number}`, rest.filter((lut) => layer[lut] === number));
  }

  /* A sample to answer: drawn, typed or taken from the test part. */
  const sample = Array.from({ length: data.nFeatures }, (_, f) => data.image.length ? Math.min(...data.low) : data.low[f]);
  window.lutgen.sample = sample;
  const answer = document.getElementById("answer"), bars = document.getElementById("scores");
  const least = Math.min(...data.low), most = Math.max(...data.high);
  const whole = [...data.low, ...data.high].every(Number.isInteger);
  let truth = null;
  const rows = (data.classes || []).map((name) => {
    const bar = element("span", { class: "bar" }), score = element("td", { class: "number" });
    bars.append(element("tr", {}, element("th", { scope: "row" }, name), score, element("td", { class: "room" }, bar)));
    return { bar, score };
  });
  function update(speak = true) {
    state = run(sample);
    window.lutgen.state = state;
    if (state.scores && rows.length) {
      const low = Math.min(0, ...state.scores), high = Math.max(1, ...state.scores);
      rows.forEach(({ bar, score }, c) => {
        score.textContent = state.scores[c];
        bar.style.width = `${(100 * (state.scores[c] - low)) / (high - low)}%`;
        bar.classList.toggle("best", c === state.number);
      });
    }
    marked.forEach(([node, lut]) => {
      node.classList.toggle("one", Boolean(state.signals[nInputs + lut]));
      node.setAttribute("aria-label", label(lut));
    });
    if (speak) answer.textContent = `${state.told}${truth === null ? "" : `, labelled ${truth}`}`;
    if (shown >= 0) show(shown);
    draw();
  }
  const set = (values, label) => {
    values.forEach((value, f) => (sample[f] = value));
    truth = label;
    inputs.forEach((input, f) => (input.value = sample[f] === null ? "" : sample[f]));
    update();
  };

  const board = document.getElementById("board"), fields = document.getElementById("fields");
  const [height, width] = data.image;
  const cursor = { row: 0, column: 0, seen: false };
  const inputs = [];
  function draw() {
    if (!data.image.length) return;
    const context = board.getContext("2d"), side = board.width / width;
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    context.clearRect(0, 0, board.width, board.height);
    context.fillStyle = colour("ink");
    sample.forEach((value, f) => {
      context.globalAlpha = most > least ? Math.max(0, (value - least) / (most - least)) : 0;
      context.fillRect((f % width) * side, Math.floor(f / width) * side, side + 0.5, side + 0.5);
    });
    context.globalAlpha = 1;
    const outline = (f, name) => {
      context.strokeStyle = colour(name);
      context.lineWidth = 3;
      context.strokeRect((f % width) * side + 1.5, Math.floor(f / width) * side + 1.5, side - 3, side - 3);
    };
    if (shown >= 0) {
      const seen = new Set([nInputs + shown]);
      for (let lut = shown; lut >= 0; lut--)
        if (seen.has(nInputs + lut))
          for (let w = firstWire[lut]; w < firstWire[lut + 1]; w++) seen.add(wires[w]);
      seen.forEach((signal) => signal < nInputs && outline(feature[signal], "second"));
    }
    if (cursor.seen) outline(cursor.row * width + cursor.column, "first");
  }
  function ink(row, column, amount) {
    const f = row * width + column;
    if (row < 0 || column < 0 || row >= height || column >= width) return;
    const value = least + amount * (most - least);
    sample[f] = Math.max(sample[f], whole ? Math.round(value) : value);
  }
  function stroke(x, y) {
    /* A round pen of a good pixel; its rim is softer. In units of pixels. */
    const radius = Math.max(0.9, width / 22);
    for (let row = Math.floor(y - radius - 1); row <= y + radius + 1; row++)
      for (let column = Math.floor(x - radius - 1); column <= x + radius + 1; column++) {
        const distance = Math.hypot(column + 0.5 - x, row + 0.5 - y);
        const amount = Math.min(1, Math.max(0, radius + 0.5 - distance));
        if (amount) ink(row, column, amount);
      }
  }
  if (data.image.length) {
    board.parentElement.hidden = false;
    board.height = (board.width * height) / width;
    let last = null;
    const point = (event) => {
      const box = board.getBoundingClientRect();
      return [((event.clientX - box.left) / box.width) * width, ((event.clientY - box.top) / box.height) * height];
    };
    board.addEventListener("pointerdown", (event) => {
      board.setPointerCapture(event.pointerId);
      if (truth !== null) sample.fill(least);
      truth = null;
      cursor.seen = false;
      last = point(event);
      stroke(...last);
      update(false);
    });
    board.addEventListener("pointermove", (event) => {
      if (!last) return;
      const next = point(event), n = Math.ceil(4 * Math.hypot(next[0] - last[0], next[1] - last[1]));
      for (let i = 1; i <= n; i++)
        stroke(last[0] + ((next[0] - last[0]) * i) / n, last[1] + ((next[1] - last[1]) * i) / n);
      last = next;
      update(false);
    });
    ["pointerup", "pointercancel"].forEach((name) => board.addEventListener(name, () => { last = null; update(); }));
    board.addEventListener("keydown", (event) => {
      const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      if (move) {
        cursor.row = Math.min(height - 1, Math.max(0, cursor.row + (cursor.seen ? move[0] : 0)));
        cursor.column = Math.min(width - 1, Math.max(0, cursor.column + (cursor.seen ? move[1] : 0)));
      } else if (event.key === " ") {
        const f = cursor.row * width + cursor.column;
        sample[f] = sample[f] > least ? least : most;
        truth = null;
      } else return;
      event.preventDefault();
      cursor.seen = true;
      update(event.key === " ");
      if (move) document.getElementById("place").textContent = `row ${cursor.row}, column ${cursor.column}, ${sample[cursor.row * width + cursor.column]}`;
    });
    board.addEventListener("blur", () => { cursor.seen = false; draw(); });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  } else if (data.fields) {
    fields.hidden = false;
    sample.forEach((value, f) => {
      const input = element("input", { type: "number", step: "any", value: String(value) });
      input.addEventListener("input", () => {
        sample[f] = input.value === "" ? null : Number(input.value);
        truth = null;
        update();
      });
      inputs.push(input);
      fields.append(element("label", {}, `${featureName(f)} `, input));
    });
  }
  const choice = document.getElementById("choice");
  data.examples.forEach((item, i) => choice.append(element("option", { value: String(i) }, `${i + 1}: labelled ${item.label}`)));
  choice.parentElement.hidden = !data.examples.length;
  choice.addEventListener("change", () => {
    const item = data.examples[Number(choice.value)];
    if (item) set(item.x, item.label);
  });
  const clear = document.getElementById("clear");
  clear.textContent = data.image.length ? "Clear" : "Least values";
  clear.addEventListener("click", () => {
    choice.value = "";
    set(data.image.length ? sample.map(() => least) : data.low, null);
  });
  document.getElementById("try").hidden = !(data.image.length || data.fields || data.examples.length);
  if (data.examples.length) {
    choice.value = "0";
    set(data.examples[0].x, data.examples[0].label);
  } else update();
  if (every.length) show(every[0]);
}
