// Replaces the rows the server rendered by the live page, in one task, so that nothing flashes.

import { mount } from 'svelte';
import App from './components/App.svelte';
import { Board } from './lib/board.svelte';

const target = document.getElementById('app');
if (!target) throw new Error('the page has no #app');

const board = new Board();
board.start(window.early?.snapshot);
target.replaceChildren();
mount(App, { target, props: { board } });
