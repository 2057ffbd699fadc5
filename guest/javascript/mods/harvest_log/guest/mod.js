// Counts what the colony brings in, by item, and logs what is in store then.

import { register } from 'colony:modding/events@1.0.0';
import { fail } from 'colony:modding/failure@1.0.0';
import { stored } from 'colony:modding/items@1.0.0';
import { info } from 'colony:modding/log@1.0.0';
import { define } from 'colony:modding/state@1.0.0';
import { get, set } from 'colony:modding/storage@1.0.0';

// Values of any shape are lists of nodes.
const integer = (value) => [{ tag: 'integer', val: value }];
const noNames = [{ tag: 'entries', val: [] }];

/** A number of the state, 0 where there is none. */
const number = (...path) => get(path)[0]?.val ?? 0n;

/** Without this an error would end the call and nobody would know why: what the colony refused, or what is wrong in this file. */
const telling = (call) => (...values) => {
  try {
    call(...values);
  } catch (error) {
    const line = /mod\.js:(\d+)/.exec(error.stack ?? '')?.[1];
    const at = line && { file: 'guest/mod.js', line: Number(line) };
    fail({ message: error.payload?.message ?? String(error), help: error.payload?.help }, at);
  }
};

export const entry = {
  load: telling(() => {
    define([['produced', noNames]]);
    register('item_produced', 1, undefined);
  }),
};

export const onItemProduced = {
  handle: telling((handler, event) => {
    const { item, count } = event;
    set(['produced', item], integer(number('produced', item) + count));
    info(`${count} ${item}, ${stored(item)} in store`);
  }),
};
