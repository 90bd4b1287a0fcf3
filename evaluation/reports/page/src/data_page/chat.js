/** A row as the model sees it: turns, or the text that a chat template makes of them, with what is learnt marked. */
import { h, replace, visibleLines } from '../dom.js';
import { say } from '../words.js';
import { turnsOf } from './store.js';
import { fill } from './words.js';

const CONTENT = '{{content}}';

/**
 * Write turns as a template does.
 * @param {[string, string][]} turns @param {any} frame @returns {{text: string, isLearnt: boolean}[]}
 */
export function frameTurns(turns, frame) {
  const write = (/** @type {string} */ around, /** @type {string} */ text) => around.split(CONTENT).join(text);
  const given = turns.filter(([role, text]) => role !== 'system' || text);
  const hasSystem = given.some(([role]) => role === 'system');
  const written = given.map(([role, text]) => ({
    text: write(role === 'assistant' ? frame.assistant : role === 'system' ? frame.system : frame.user, text),
    isLearnt: role === 'assistant',
  }));
  return hasSystem || !frame.default_system ? written : [{ text: write(frame.system, frame.default_system), isLearnt: false }, ...written];
}

/** The template that was chosen last; empty for plain turns. */
let chosen = /** @type {string|null} */ (null);

/** @param {import('./store.js').DataStore} store @param {number} row */
export function chatView(store, row) {
  const { head } = store;
  const turns = /** @type {[string, string][]|null} */ (turnsOf(store, row));
  if (!turns) return head.tokens.of_rows && h('p.hint', {}, say('no_row'));
  chosen ??= head.frames[0].name;
  const shown = h('div', {});
  const choice = h('select', { id: 'template', 'aria-label': say('template') }, h('option', { value: '', selected: chosen === '' }, say('turns')), head.frames.map((/** @type {any} */ frame) => h('option', { value: frame.name, selected: frame.name === chosen }, frame.name)));
  const draw = () => replace(shown, chosen ? framed(turns, head.frames.find((/** @type {any} */ frame) => frame.name === chosen)) : plain(turns));
  choice.addEventListener('change', () => { chosen = choice.value; draw(); });
  draw();
  const about = head.tokens.tokenizer ? 'n_tokens' : 'n_tokens_about';
  return h('section.as-trained', {}, h('h3', {}, say('as_trained')), h('div.bar', {}, h('label.hint', {}, `${say('template')} `, choice), h('span.hint', {}, fill(about, { prompt: store.prompt[row], answer: store.answer[row] })), h('span.hint', {}, say('learnt_note'))), shown);
}

function framed(/** @type {[string, string][]} */ turns, /** @type {any} */ frame) {
  return h('pre.raw', { lang: 'zh' }, frameTurns(turns, frame).map(({ text, isLearnt }) => verbatim(text, isLearnt)));
}

function plain(/** @type {[string, string][]} */ turns) {
  return turns.map(([role, text]) => h('div.turn', {}, h('div.hint', {}, say(`role_${role}`)), h('pre.raw', {}, verbatim(text, role === 'assistant'))));
}

/** Text with its line breaks, which `h` would write out as characters that are not seen. */
function verbatim(/** @type {string} */ text, /** @type {boolean} */ isLearnt) {
  const element = h(isLearnt ? 'mark.learnt' : 'span', {});
  element.append(visibleLines(text));
  return element;
}
