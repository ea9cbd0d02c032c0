// Replaces the rows the server rendered by the live page, in one task, so that nothing flashes.

import { mount } from 'svelte';
import App from './components/App.svelte';
import { Board } from './lib/board.svelte';

const target = document.getElementById('app');
if (!target) throw new Error('the page has no #app');

const board = new Board();
board.start(window.early?.snapshot);
// A task later: that the stream has said hello meanwhile is heard before. App says what is drawn in which task after that.
setTimeout(() => {
  const served = target.querySelector('.goals') ?? undefined;
  target.replaceChildren();
  mount(App, { target, props: { board, served } });
});
