// The board inside a chat: connects to the client that shows it, and draws the goal of the answer that it stands beside.

import { mount } from 'svelte';
import { version } from '../../package.json';
import BoardApp from './BoardApp.svelte';
import { Host, parentWindow } from './host';
import { place, watchSize } from './place';
import { Shown } from './shown.svelte';

const target = document.getElementById('app');
if (!target) throw new Error('the page has no #app');

const shown = new Shown(place);
const host = new Host(parentWindow(), shown);
mount(BoardApp, { target, props: { shown, open: (url) => host.open(url) } });
// Sizes are told only once the client listens.
void host.connect('goalstream-board', version).then(
  () => watchSize(target, (width, height) => host.resized(width, height)),
  (error: Error) => shown.cancelled(error.message),
);
