/** What all parts of the panel look like: Home Assistant's colours, and room for a thumb. */

import { css } from "lit";

/** A page: its parts one below the other, as far from each other as those of the panel. */
export const paged = css`
  :host {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: inherit;
  }
  select,
  input[type="date"] {
    width: auto;
    max-width: 100%;
  }
`;

export const shared = css`
  :host {
    --sid-line: var(--divider-color, #e0e0e0);
    --sid-card: var(--ha-card-background, var(--card-background-color, #fff));
    --sid-text: var(--primary-text-color, #212121);
    --sid-dim: var(--secondary-text-color, #606060);
    --sid-blue: var(--primary-color, #009ac7);
    --sid-red: var(--error-color, #db4437);
    --sid-amber: var(--warning-color, #ffa600);
    --sid-green: var(--success-color, #43a047);
    --sid-radius: var(--ha-card-border-radius, 12px);
    color: var(--sid-text);
    font-size: 14px;
    line-height: 1.45;
  }
  * {
    box-sizing: border-box;
  }
  [hidden] {
    display: none !important;
  }
  h1,
  h2,
  h3,
  p {
    margin: 0;
  }
  h2 {
    font-size: 16px;
    font-weight: 500;
  }
  h3 {
    font-size: 14px;
    font-weight: 500;
  }
  svg.mdi {
    width: 24px;
    height: 24px;
    fill: currentcolor;
    flex: none;
    display: block;
  }
  .flip:dir(rtl) svg.mdi,
  .flip.back:dir(ltr) svg.mdi {
    transform: scaleX(-1);
  }
  .flip.back:dir(rtl) svg.mdi {
    transform: none;
  }
  .dim {
    color: var(--sid-dim);
  }
  .num {
    font-variant-numeric: tabular-nums;
  }
  .nowrap {
    white-space: nowrap;
  }
  .row {
    display: flex;
    align-items: center;
    gap: 8px;
  }
  .wrap {
    flex-wrap: wrap;
  }
  .grow {
    flex: 1;
    min-width: 0;
  }
  .clip {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .visually-hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .card {
    background: var(--sid-card);
    border: 1px solid var(--ha-card-border-color, var(--sid-line));
    border-radius: var(--sid-radius);
    padding: 16px;
    min-width: 0;
  }
  .stack {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 16px;
  }
  .tight {
    gap: 8px;
  }
  button,
  a.button {
    font: inherit;
    font-weight: 500;
    color: var(--sid-text);
    background: transparent;
    border: 1px solid var(--sid-line);
    border-radius: 20px;
    min-height: 40px;
    padding: 0 16px;
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 8px;
    cursor: pointer;
    text-decoration: none;
    -webkit-tap-highlight-color: transparent;
  }
  button svg.mdi,
  a.button svg.mdi {
    width: 20px;
    height: 20px;
  }
  button:hover:not(:disabled),
  a.button:hover {
    background: color-mix(in srgb, var(--sid-text) 7%, transparent);
  }
  button:disabled {
    opacity: 0.5;
    cursor: default;
  }
  button.main,
  a.button.main {
    background: var(--sid-main, color-mix(in srgb, var(--sid-blue) 78%, #000));
    border-color: transparent;
    color: #fff;
  }
  button.main:hover:not(:disabled),
  a.button.main:hover {
    background: color-mix(in srgb, var(--sid-blue) 65%, #000);
  }
  button.danger {
    background: color-mix(in srgb, var(--sid-red) 85%, #000);
    border-color: transparent;
    color: #fff;
  }
  button.danger:hover:not(:disabled) {
    background: color-mix(in srgb, var(--sid-red) 70%, #000);
  }
  button.plain {
    border-color: transparent;
    padding: 0 12px;
  }
  button.icon {
    border: 0;
    min-width: 44px;
    min-height: 44px;
    padding: 0;
    border-radius: 50%;
  }
  button.icon svg.mdi {
    width: 24px;
    height: 24px;
  }
  :focus-visible {
    outline: 2px solid var(--sid-blue);
    outline-offset: 2px;
  }
  input:not([type="checkbox"], [type="radio"]),
  select,
  textarea {
    font: inherit;
    font-size: 16px; /* or iPhones zoom in */
    color: inherit;
    background: var(--primary-background-color, #fafafa);
    border: 1px solid color-mix(in srgb, var(--sid-dim) 60%, transparent);
    border-radius: 8px;
    min-height: 44px;
    padding: 8px 12px;
    width: 100%;
    min-width: 0;
  }
  input[type="checkbox"],
  input[type="radio"] {
    width: 20px;
    height: 20px;
    margin: 0;
    accent-color: var(--sid-blue);
    flex: none;
  }
  label.field {
    display: grid;
    gap: 4px;
    font-weight: 500;
  }
  label.field small,
  .help {
    font-weight: 400;
    color: var(--sid-dim);
    font-size: 13px;
  }
  label.check {
    display: flex;
    gap: 12px;
    align-items: center;
    min-height: 44px;
    cursor: pointer;
  }
  .chip {
    display: inline-flex;
    align-items: center;
    gap: 4px;
    border-radius: 12px;
    padding: 1px 10px;
    min-height: 24px;
    font-size: 12px;
    font-weight: 500;
    background: color-mix(in srgb, var(--chip, var(--sid-dim)) 14%, transparent);
    color: color-mix(in srgb, var(--chip, var(--sid-dim)) 42%, var(--sid-text));
    white-space: nowrap;
  }
  .chip svg.mdi {
    width: 16px;
    height: 16px;
  }
  .chip.open {
    outline: 1px dashed currentcolor;
    outline-offset: -1px;
  }
  .chip.ok {
    --chip: var(--sid-green);
  }
  .chip.bad {
    --chip: var(--sid-red);
  }
  .chip.warn {
    --chip: var(--sid-amber);
  }
  .chip.info {
    --chip: var(--sid-blue);
  }
  .chips {
    gap: 4px;
  }
  .filters {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    padding: 2px;
  }
  .filters button {
    white-space: nowrap;
    flex: none;
    font-weight: 400;
    min-height: 36px;
  }
  .filters button[aria-pressed="true"] {
    background: color-mix(in srgb, var(--sid-blue) 16%, transparent);
    border-color: var(--sid-blue);
    font-weight: 500;
  }
  .search {
    position: relative;
    flex: 1 1 220px;
  }
  .search svg.mdi {
    position: absolute;
    inset-inline-start: 12px;
    top: 10px;
    color: var(--sid-dim);
    pointer-events: none;
  }
  .search input {
    padding-inline-start: 44px;
  }
  .notice {
    display: flex;
    gap: 12px;
    align-items: flex-start;
    border-radius: 8px;
    padding: 12px;
    background: color-mix(in srgb, var(--notice, var(--sid-blue)) 12%, transparent);
    overflow-wrap: anywhere;
  }
  .notice > svg.mdi {
    color: var(--notice, var(--sid-blue));
  }
  .notice.bad {
    --notice: var(--sid-red);
  }
  .notice.warn {
    --notice: var(--sid-amber);
  }
  .notice.ok {
    --notice: var(--sid-green);
  }
  .empty {
    display: grid;
    justify-items: center;
    gap: 12px;
    text-align: center;
    padding: 40px 16px;
  }
  .empty > svg.mdi {
    width: 56px;
    height: 56px;
    color: var(--sid-dim);
    opacity: 0.6;
  }
  .empty p {
    max-width: 44ch;
    color: var(--sid-dim);
  }
  [slot="footer"] {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 8px;
    justify-content: flex-end;
  }
  fieldset {
    border: 0;
    padding: 0;
    margin: 0;
    min-width: 0;
  }
  ul {
    list-style: none;
    margin: 0;
    padding: 0;
  }
  .lines > li {
    display: flex;
    gap: 12px;
    align-items: center;
    padding: 8px 0;
    border-top: 1px solid var(--sid-line);
  }
  .progress {
    height: 4px;
    border-radius: 2px;
    overflow: hidden;
    background: color-mix(in srgb, var(--sid-blue) 20%, transparent);
  }
  .progress::after {
    content: "";
    display: block;
    height: 100%;
    width: 40%;
    border-radius: 2px;
    background: var(--sid-blue);
    animation: slide 1.4s ease-in-out infinite;
  }
  @keyframes slide {
    from {
      transform: translateX(-100%);
    }
    to {
      transform: translateX(260%);
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .progress::after {
      animation: none;
      width: 100%;
      opacity: 0.6;
    }
  }
  dl.facts {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr);
    gap: 6px 16px;
    margin: 0;
  }
  dl.facts dt {
    color: var(--sid-dim);
  }
  dl.facts dd {
    margin: 0;
    overflow-wrap: anywhere;
    text-align: end;
  }
`;
