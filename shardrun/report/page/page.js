"use strict";

// Draws every figure in the colours of the page, and draws again when those change: by the
// system's light or dark, and for paper, which is light, narrow, and can't be clicked open.
(() => {
  const figures = JSON.parse(document.getElementById("figures").textContent);
  const charts = [...document.querySelectorAll(".chart")];
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  const NARROW = 560;
  const PAPER = { wide: 640, half: 296, height: 0.8 };

  // "series-1@38" is that colour with an opacity of hexadecimal 38
  const colour = (name) => {
    const [own, opacity = ""] = name.split("@");
    return getComputedStyle(root).getPropertyValue(`--${own}`).trim() + opacity;
  };

  const coloured = (part) => {
    if (typeof part === "string") {
      return part.startsWith("$") ? colour(part.slice(1)) : part;
    }
    if (Array.isArray(part)) {
      return part.map(coloured);
    }
    if (part && typeof part === "object") {
      return Object.fromEntries(Object.entries(part).map(([key, own]) => [key, coloured(own)]));
    }
    return part;
  };

  const axis = (own) => ({
    automargin: true,
    gridcolor: colour("line"),
    linecolor: colour("line"),
    zerolinecolor: colour("line"),
    dividercolor: colour("line"),
    tickfont: { color: colour("muted") },
    fixedrange: false,
    ...own,
  });

  // Panels next to each other need room; where there is less, two go side by side.
  const roomy = (own, height, width) => {
    if (!own.grid || width >= NARROW) {
      return [own, height];
    }
    const rows = Math.ceil((own.grid.rows * own.grid.columns) / 2);
    return [
      { ...own, grid: { ...own.grid, rows, columns: 2 } },
      (height * rows) / own.grid.rows,
    ];
  };

  const layoutOf = (own, height, width) => {
    const layout = {
      height,
      width,
      autosize: width === undefined,
      margin: { l: 8, r: 8, t: own.annotations ? 34 : 12, b: 8 },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour("text") },
      hoverlabel: {
        bgcolor: colour("card"),
        bordercolor: colour("line"),
        font: { color: colour("text") },
      },
      bargap: 0.32,
      separators: ".,",
      ...own,
      legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0, ...own.legend },
    };
    const axes = new Set(["xaxis", "yaxis", ...Object.keys(own).filter((key) => /^[xy]axis/.test(key))]);
    for (const name of axes) {
      layout[name] = axis({ showgrid: name.startsWith("y"), ...own[name] });
    }
    return layout;
  };

  const draw = ({ paper = false } = {}) =>
    Promise.all(
      charts.map((chart) => {
        const { data, layout } = coloured(figures[chart.dataset.figure]);
        const wide = chart.closest(".wide") !== null;
        const width = paper ? PAPER[wide ? "wide" : "half"] : undefined;
        const tall = Number(chart.dataset.height) * (paper ? PAPER.height : 1);
        const [fitting, height] = roomy(layout, tall, width ?? chart.clientWidth);
        return Plotly.react(chart, data, layoutOf(fitting, height, width), {
          displaylogo: false,
          responsive: true,
          modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
        });
      }),
    );

  // What the charts are drawn for is told on the root, for whoever waits until they are.
  const drawAs = (form) =>
    draw({ paper: form === "paper" }).then(() => root.setAttribute("data-drawn", form));
  const drawOnScreen = () => drawAs(dark.matches ? "dark" : "light");

  let opened = [];
  drawOnScreen();
  dark.addEventListener("change", drawOnScreen);
  window.addEventListener("beforeprint", () => {
    root.classList.add("printing");
    opened = [...document.querySelectorAll(".blocks > details:not([open])")];
    opened.forEach((table) => table.setAttribute("open", ""));
    drawAs("paper");
  });
  window.addEventListener("afterprint", () => {
    root.classList.remove("printing");
    opened.forEach((table) => table.removeAttribute("open"));
    drawOnScreen();
  });
})();
