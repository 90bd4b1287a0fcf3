/** Why an entity was missed or is spurious, in the language of the page. */
import { choose, fill, sayOf } from './words.js';

/**
 * As the report's data has it; what is not there is empty.
 * @typedef {{code: string, entity?: [string, string, number|null, number|null], faults?: string[], places?: ([number, number]|null)[], n_more?: number, problem?: string, detail?: string}} Reason
 */

/** @type {Record<string, [string, string]>} `{0}` is the entity, `{1}` how it differs, `{2}` places, `{3}` a problem of reading. */
export const REASONS = {
  answer_has: ['the answer has {0}: {1}', '答案是 {0}：{1}'],
  answer_has_it: ['the answer has it {2}', '答案把它标在{2}'],
  answer_overlaps: ['overlaps {0} of the answer', '与答案中的 {0} 重叠'],
  answer_has_none: ['the answer has no entity here', '答案在此处没有实体'],
  not_in_answer: ['not in the answer', '答案中没有'],
  no_answer: ['there is no answer', '没有答案'],
  piece_without_answer: ['a piece of the text has no answer', '文本有一段没有答案'],
  truncated: ['the answer is truncated{3}', '答案被截断{3}'],
  beyond_truncation: ['not in the answer, which is truncated', '答案中没有，而答案被截断'],
  lost: ['lost in reading: {3}', '读取时丢失：{3}'],
  lost_somewhere: ['in the answer, but lost in reading: {3}', '答案中有，但读取时丢失：{3}'],
  unparsable: ['the answer is unparsable', '答案无法解析'],
  gold_has: ['gold has {0}: {1}', '金标是 {0}：{1}'],
  gold_has_it: ['gold has it {2}', '金标把它标在{2}'],
  gold_overlaps: ['overlaps {0} of gold', '与金标中的 {0} 重叠'],
  gold_has_none: ['gold has no entity here', '金标在此处没有实体'],
  too_often: ['named more often than gold has it', '出现次数多于金标'],
  no_place: ['no place in the sentence was found for it', '在句中找不到它的位置'],
  not_in_sentence: ['not in the sentence', '句中没有'],
};

/** @type {Record<string, [string, string]>} */
export const FAULTS = {
  label: ['wrong label', '标签错误'], value: ['wrong value', '取值错误'], too_long: ['wrong boundary, too long', '边界过长'], too_short: ['wrong boundary, too short', '边界过短'], shifted: ['wrong boundary, shifted', '边界错位'],
};
/** @type {[string, string]} */
const NOWHERE = ['without a place', '没有位置'];

export function sayReason(/** @type {Reason} */ { code, entity, faults = [], places = [], n_more = 0, problem = '', detail = '' }) {
  const words = REASONS[code];
  if (!words) return code;
  const lost = code === 'truncated' ? '' : sayOf('problem', problem);
  const told = detail ? choose([`${lost ? `${lost}: ` : ': '}${detail}`, `${lost}：${detail}`]) : lost;
  return fill(choose(words), [entity ? named(entity) : '', faults.map((fault) => choose(FAULTS[fault] ?? [fault, fault])).join(choose([' and ', '，'])), listed(places, n_more), told]);
}

function named(/** @type {[string, string, number|null, number|null]} */ [label, text, start, end]) {
  return start === null ? `${label} ${text} ${choose(NOWHERE)}` : `${label} ${text} ${start}-${end}`;
}

function listed(/** @type {([number, number]|null)[]} */ places, /** @type {number} */ more) {
  if (places.length === 1 && places[0] === null) return choose(['without a place', '没有位置之处']);
  const said = places.map((place) => (place ? `${place[0]}-${place[1]}` : choose(NOWHERE))).join(choose([', ', '、']));
  return choose([`at ${said}${more ? ` and ${more} other places` : ''}`, ` ${said}${more ? ` 等另外 ${more} 处` : ''}`]);
}

/**
 * Sentences that other commands wrote in English into their files, `nerforge audit` and `nerforge ground`.
 * @type {[RegExp, string][]}
 */
const WRITTEN = [
  [/^the CRF of the other folds reads it so(?:, (.+))?$/, '其他折的 CRF 也这样标{0}'],
  [/^the CRF of the other folds finds it (.+)$/, '其他折的 CRF 也倾向于此{0}'],
  [/^the characters at the edges fit the proposal (.+ times better)$/, '边界处的字符更符合建议{0}'],
  [/^predicted so by (.+)$/, '这些预测也这样标：{0}'],
  [/^(\d+) near duplicates have it so, (\d+) as gold$/, '近似重复句中 {0} 句这样标，{1} 句与金标相同'],
  [/^edges as proposed (\d+) times elsewhere, as in gold (\d+)$/, '别处按建议划边界 {0} 次，按金标划 {1} 次'],
  [/^elsewhere (.+) is not labelled (\d+) times and (\S+) (\d+) times$/s, '别处“{0}”未标注 {1} 次，标为 {2} {3} 次'],
  [/^elsewhere (.+) is (\S+) (\d+) times and not labelled (\d+) times$/s, '别处“{0}”标为 {1} {2} 次，未标注 {3} 次'],
  [/^elsewhere (.+) is (.+) (\d+) times and (.+) (\d+) times$/s, '别处“{0}”为 {1} {2} 次，为 {3} {4} 次'],
  [/^weak evidence only$/, '只有较弱的依据'],
  [/^the table's name for it(?: \(.*\))?$/, '表中的名称'],
  [/^neither the sentence nor the table has it$/, '句中和表中都没有'],
  [/^no path of the table through (.+) has it$/s, '表中经过 {0} 的路径上没有它'],
  [/^no path of the table has all that the answer gives$/, '表中没有一条路径包含答案给出的全部名称'],
  [/^the answer has (.+) there already$/s, '答案在该处已有 {0}'],
  [/^(.+) is in (.+)$/s, '{0} 属于 {1}'],
  [/^at the limit of new tokens$/, '达到新词元数上限'],
  [/^the row holds only the beginning of the sentence$/, '该行只有句子的开头'],
];
const TIMES = /^(over )?([\d,]+) times (?:as probable|better)$/;

/** The same in the page's language; what no pattern knows stays as it was written. */
export function sayWritten(/** @type {string} */ text) {
  if (choose(['en', 'zh']) === 'en') return text;
  return text.split('; ').map((part) => {
    for (const [pattern, words] of WRITTEN) {
      const found = pattern.exec(part);
      if (found) return fill(words, found.slice(1).map((given) => likely(given)));
    }
    return part;
  }).join('；');
}

function likely(/** @type {string|undefined} */ given) {
  const found = TIMES.exec(given ?? '');
  if (!found) return given ?? '';
  return `（可能性为 ${found[2]} 倍${found[1] ? '以上' : ''}）`;
}
