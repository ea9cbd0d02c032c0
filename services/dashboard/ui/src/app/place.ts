// Makes the page look like the client around it: its light or dark, its colours and type, as far as it tells them.

import type { Context } from './host';

export function place({ theme, styles }: Context): void {
  const root = document.documentElement;
  if (theme) root.style.colorScheme = theme;
  for (const [name, value] of Object.entries(styles?.variables ?? {})) {
    if (name.startsWith('--') && value) root.style.setProperty(name, value);
  }
  if (styles?.css?.fonts) fonts(styles.css.fonts);
}

function fonts(css: string): void {
  const sheet = document.getElementById('fonts') ?? document.head.appendChild(Object.assign(document.createElement('style'), { id: 'fonts' }));
  sheet.textContent = css;
}

/** Tells of each new size, once a drawing at most. */
export function watchSize(content: Element, tell: (width: number, height: number) => void): void {
  let told = '';
  new ResizeObserver(() => {
    const [width, height] = [Math.ceil(innerWidth), Math.ceil(content.getBoundingClientRect().height)];
    if (`${width} ${height}` === told) return;
    told = `${width} ${height}`;
    tell(width, height);
  }).observe(content);
}
