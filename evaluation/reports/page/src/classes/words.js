/** The words that only a page of text classification has; others are those of reports. */
import { languageName, say } from '../words.js';

/** @type {Record<string, [string, string]>} */
export const CLASS_WORDS = {
  texts: ['texts', '篇'],
  accuracy: ['accuracy', '准确率'],
  macro_f1: ['macro F1', 'macro F1'],
  right: ['right', '正确'],
  wrong: ['wrong', '错误'],
  other_label: ['another label', '标签错误'],
  unread: ['no label read', '未读出标签'],
  names_no_label: ['The answer names no label', '答案中没有标签'],
  not_offered: ['answers with a label that the prompt did not offer', '给出了提示中没有的标签的答案'],
  errors_of: ['errors of', '错误所属标签'],
  gold_is: ['gold is', '金标为'],
  answer_is: ['the answer is', '预测为'],
  all: ['all', '全部'],
  outcome: ['outcome', '读取结果'],
  clean: ['clean', '正常'],
  unparsable: ['unparsable', '无法解析'],
  missing: ['missing', '缺失'],
  both: ['both right', '都对'],
  none: ['both wrong', '都错'],
  a: ['only A right', '仅 A 对'],
  b: ['only B right', '仅 B 对'],
  by_label: ['Figures by label', '各标签的指标'],
  confusion: ['What is taken for what', '混淆矩阵'],
  confusion_note: ['Rows are gold, columns the answer; each number leads to its texts.', '行为金标，列为预测；每个数字链接到对应的文本。'],
  label: ['label', '标签'],
  predicted: ['predicted', '预测'],
  gold: ['gold', '金标'],
  reading: ['How answers were read', '答案读取结果'],
  no_verdicts: ['Verdicts are of entities: a page of text classification has none.', '判定只针对实体：文本分类的页面没有判定。'],
};

export const nameOf = (/** @type {string} */ name) => CLASS_WORDS[name]?.[languageName() === 'zh' ? 1 : 0] ?? say(name);
