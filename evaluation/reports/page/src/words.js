/** The words of the page in English and Chinese. */
import { NAMES } from './names.js';

/** @type {Record<string, [string, string]>} */
export const WORDS = {
  summary: ['Summary', '总览'],
  browse: ['Sentences', '句子'],
  language: ['中文', 'English'],
  skip: ['Skip to the content', '跳到内容'],
  views: ['Views', '视图'],
  sentence: ['Sentence', '句子'],
  search_in: ['Search in', '搜索范围'],
  theme: ['Theme', '主题'],
  help: ['Keys', '按键'],
  sentences: ['sentences', '句'],
  entities: ['entities', '个实体'],
  errors: ['errors', '错误'],
  strict_f1: ['strict micro F1', '严格 micro F1'],
  precision: ['P', 'P'],
  recall: ['R', 'R'],
  f1: ['F1', 'F1'],
  tp: ['right', '正确'],
  n_gold: ['gold', '金标'],
  n_predicted: ['predicted', '预测'],
  missed_n: ['missed', '漏标'],
  spurious_n: ['too much', '多标'],
  exactly_right: ['sentences exactly right', '整句全对'],
  wrong_sentences: ['sentences with an error', '有错误的句子'],
  criterion: ['criterion', '标准'],
  label: ['label', '标签'],
  slice: ['slice', '分片'],
  criteria: ['F1 by criterion', '各标准的 F1'],
  by_label: ['Strict F1 by label', '各标签的严格 F1'],
  by_slice: ['Strict F1 by slice', '各分片的严格 F1'],
  confusion: ['What is taken for what', '混淆矩阵'],
  confusion_note: ['Rows are gold, columns the answer. The diagonal holds right ones and wrong boundaries.', '行为金标，列为预测。对角线包含正确的和边界错误的。'],
  none: ['nothing', '无'],
  kinds: ['Kinds of error', '错误种类'],
  outcomes: ['How answers were read', '答案读取结果'],
  system: ['system', '系统'],
  comma: [', ', '，'],
  without: ['without', '没有'],
  colon: [': ', '：'],
  semicolon: ['; ', '；'],
  stop: ['. ', '。'],
  problems: ['Problems in answers', '答案中的问题'],
  causes: ['First sufficient cause', '首个充分原因'],
  curve: ['Training: loss and F1 over steps', '训练：损失与 F1'],
  risk: ['Risk and coverage', '风险与覆盖率'],
  risk_note: ['Precision of the surest entities, by their share. Each point leads to the entities that are at least so sure.', '按置信度从高到低取实体时的精确率。每个点链接到置信度不低于它的实体。'],
  reliability: ['Confidence and share of right ones', '置信度与实际正确率'],
  reliability_note: ['Entities in bins of like confidence, as they are before any calibration. Points below the line are too sure.', '按置信度分箱的实体，未经校准。线以下的点过于自信。'],
  calibration_error: ['calibration error', '校准误差'],
  brier: ['Brier score', 'Brier 分数'],
  without_confidence: ['entities without a confidence', '没有置信度的实体'],
  coverage: ['coverage', '覆盖率'],
  precision_word: ['precision', '精确率'],
  mean_confidence: ['mean confidence', '平均置信度'],
  share_right: ['share right', '正确的比例'],
  entities_taken: ['entities', '实体数'],
  as_table: ['as a table', '以表格显示'],
  leads_errors: ['leads to the errors', '链接到错误'],
  leads_spurious: ['leads to what is too much or wrong', '链接到预测中有误的'],
  leads_missed: ['leads to the gold that was not found', '链接到未答对的金标'],
  checkpoint: ['checkpoint', '检查点'],
  split: ['split', '数据划分'],
  step: ['step', '步数'],
  loss: ['loss', '损失'],
  its_sentences: ['its sentences', '查看句子'],
  not_here: ['its sentences are not in this page; nerforge report RUN', '其句子不在此页；nerforge report RUN'],
  task: ['task', '任务'],
  format: ['answer format', '答案格式'],
  predictions: ['predictions', '预测文件'],
  training_gold: ['training gold', '训练集金标'],
  intervals: ['intervals', '区间'],
  resamples: ['resamples:', '重采样次数：'],
  seed: ['seed', '随机种子'],
  rows_read: ['rows read', '读取的行'],
  said_then: ['said when it was scored', '评分时的提示（英文原文）'],
  paired: ['A against B', 'A 与 B 对比'],
  mcnemar: ['exact McNemar p of what is shown', '当前筛选的精确 McNemar p'],
  difference: ['difference B − A', '差值 B − A'],
  settings: ['How it was scored', '评分设置'],
  notes: ['Notes', '说明'],
  search: ['Search (regular expression)', '搜索（正则表达式）'],
  in_text: ['sentence', '句子'],
  in_answer: ['answer', '原始答案'],
  in_entity: ['wrong or right entity', '实体'],
  in_id: ['id', '编号'],
  clear: ['Clear filter', '清除筛选'],
  all: ['all', '全部'],
  only_lost: ['not placed or not read', '未对齐或未读出'],
  only_audit: ['audit findings', '审核发现'],
  groups: ['By surface', '按词面分组'],
  group_note: ['Errors of the sentences shown, by surface; gain is what strict F1 gains if all of a surface are mended.', '当前句子中的错误按词面分组；“增益”为该词面全部改正后严格 F1 的增加。'],
  surface: ['surface', '词面'],
  gain: ['F1 gain', 'F1 增益'],
  f1_without: ['F1 without them', '没有这些错误时的 F1'],
  gold: ['gold', '金标'],
  answer: ['answer', '预测'],
  lost_lane: ['Not placed in the sentence, dropped or not read', '未对齐、被丢弃或未读出'],
  raw: ['Raw answer', '原始答案'],
  no_output: ['The answer of this sentence is not known here.', '此处没有该句的原始答案。'],
  inferred: ['inferred, without a place', '补全的实体（无位置）'],
  why: ['Why', '原因'],
  training: ['in training', '训练集中'],
  no_training: ['training gold was not found; pass --train', '没有找到训练集金标；请用 --train 指出'],
  use_none: ['not in training', '训练集中没有'],
  use_longer: ['within a longer one', '在更长的实体之内'],
  use_shorter: ['around a shorter one', '包含更短的实体'],
  use_crossing: ['crossing one', '与实体交叉'],
  use_unlabelled: ['unlabelled', '未标注'],
  use_completed: ['completed as', '补全为'],
  near_training: ['Nearest training sentences, with their gold', '最相近的训练句及其金标'],
  similarity: ['similarity', '相似度'],
  use_examples: ['Training examples of', '训练集中的例句：'],
  left_out: ['{0} training sentences are left out of this page, which would be too large.', '为控制页面大小，有 {0} 个训练句没有放入此页。'],
  grounding: ['Grounding on tables', '按表校正'],
  findings: ['Audit of gold', '金标审核'],
  nothing: ['No sentence passes this filter.', '没有符合筛选的句子。'],
  fault: ['This filter cannot be used: ', '无法使用此筛选：'],
  verdict: ['verdict', '判定'],
  verdicts: ['Verdicts', '判定'],
  download: ['Download verdicts', '下载判定'],
  note: ['note', '备注'],
  remove: ['Remove verdict', '撤销判定'],
  editing: ['Mended gold: select characters, then press the number of a label.', '修改金标：选中字符，再按标签的数字键。'],
  take_answer: ['Take the answer', '采用预测'],
  take_gold: ['Begin from gold', '还原金标'],
  save: ['Save', '保存'],
  cancel: ['Cancel', '取消'],
  not_kept: ['This browser does not keep verdicts of a local file; download them before you close the page.', '此浏览器不保存本地文件的判定；关闭页面前请下载。'],
  no_text: ['Made without texts: hashes stand for sentences, ids and values.', '不含文本：句子、编号和实体以哈希代替。'],
  unpacking: ['unpacking sentences …', '正在解包句子…'],
  printed: ['The first sentences of the filter', '筛选结果的前若干句'],
  of: ['of', '/'],
};

/** @type {[string, string, string][]} Key, English, Chinese. */
export const KEYS = [
  ['j / k', 'next, previous sentence', '下一句、上一句'],
  ['Home / End', 'first, last sentence', '第一句、最后一句'],
  ['1 … 9, 0', 'only errors of a label; 0 for all labels', '只看某标签的错误；0 为全部标签'],
  ['e', 'only sentences with an error', '只看有错误的句子'],
  ['/', 'search', '搜索'],
  ['s', 'summary', '总览'],
  ['b', 'sentences', '句子'],
  ['u', 'by surface', '按词面分组'],
  ['g', 'gold is wrong: mend it (Enter saves, Esc cancels)', '金标有误：修改（回车保存，Esc 取消）'],
  ['m', 'model is wrong', '模型有误'],
  ['a', 'ambiguous', '有歧义'],
  ['n', 'note', '备注'],
  ['x', 'remove the verdict', '撤销判定'],
  ['d', 'download verdicts', '下载判定'],
  ['t', 'dark or light', '深色或浅色'],
  ['l', 'language', '切换语言'],
  ['?', 'these keys', '显示按键'],
  ['← → , Shift', 'while mending: move, select characters', '修改时：移动、选中字符'],
  ['Delete', 'while mending: remove spans at the selection', '修改时：删除选中处的实体'],
];

let language = 0;

/** @param {string} name `en` or `zh`. */
export function setLanguage(name) {
  language = name === 'zh' ? 1 : 0;
}
export const languageName = () => (language ? 'zh' : 'en');
/** Choose between English and Chinese. */
export const choose = (/** @type {[string, string]} */ words) => words[language];

/** A word of the page, or the name itself where the page has none. */
export function say(/** @type {string} */ name) {
  return WORDS[name]?.[language] ?? name.replaceAll('_', ' ');
}
/** What a name of a score file is called; names that others gave stay as they are. */
export function sayOf(/** @type {string} */ group, /** @type {string} */ name) {
  const names = NAMES[group];
  return names && Object.hasOwn(names, name) ? names[name][language] : name;
}
/** `length:2-3` with its parts translated. */
export function saySlice(/** @type {string} */ name) {
  const at = name.indexOf(':');
  const [group, value] = [name.slice(0, at), name.slice(at + 1)];
  if (!language || at < 0) return name;
  return `${sayOf('slice', group)}：${group === 'template' ? value : sayOf('slice', value)}`;
}
export const sayKeys = () => KEYS.map((row) => [row[0], row[1 + language]]);

/** A note of how a page was made: its name, and what its words are about. */
export function sayNote(/** @type {[string, ...any[]]} */ [name, ...given]) {
  return fill(NOTES[name]?.[language] ?? name, given);
}
/** Put values in the places `{0}`, `{1}`, ... of a sentence. */
export const fill = (/** @type {string} */ words, /** @type {any[]} */ given) => words.replace(/\{(\d)\}/g, (_, at) => String(given[Number(at)] ?? ''));

/** @type {Record<string, [string, string]>} */
export const NOTES = {
  no_predictions: ['{0} was not found: right answers are shown as gold; pass --pred', '没有找到 {0}：正确的答案按金标显示；请用 --pred 指出'],
  no_gold: ['{0} was not found: {1} right sentences are not shown; pass --gold', '没有找到 {0}：有 {1} 个全对的句子没有显示；请用 --gold 指出'],
};
