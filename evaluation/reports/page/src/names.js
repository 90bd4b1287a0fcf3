/** What the names in a score file are called in English and Chinese, by group: `outcome`, `problem`, `cause`, ... */

/** @type {Record<string, Record<string, [string, string]>>} */
export const NAMES = {
  kind: {
    right: ['right', '正确'], missed: ['missed', '漏标'], spurious: ['too much', '多标'], label: ['wrong label', '标签错误'], boundary: ['wrong boundary', '边界错误'],
    label_and_boundary: ['wrong label and boundary', '标签和边界都错'], value: ['wrong value', '取值错误'],
  },
  outcome: {
    clean: ['clean', '格式正确'], repaired: ['repaired', '修复后读出'], salvaged: ['salvaged', '只读出一部分'], empty: ['empty', '答“没有实体”'], unparsable: ['unparsable', '无法解析'], missing: ['missing', '没有答案'],
  },
  problem: {
    bad_json: ['not JSON', '不是 JSON'], bad_object: ['JSON without an entity', 'JSON 中没有实体'], bad_tag: ['tag without its counterpart', '标签未配对'], cut_off: ['cut off', '答案被截断'],
    empty_value: ['entity without text', '实体为空'], no_answer: ['nothing to read', '没有可读的内容'], outside: ['tagged outside of the sentence', '标在句子之外'], repeated: ['named too often', '重复次数超过句中出现次数'],
    unknown_label: ['unknown label', '未知标签'], unread: ['words that no layout explains', '读不懂的文字'], ambiguous_list: ['list that may be one value', '列表也可能是一个值'], chatter: ['words around the answer', '答案前后的多余文字'],
    code_fence: ['code fence', 'Markdown 代码围栏'], prompt_echo: ['prompt repeated', '重复了提示词'], special_token: ['control token', '控制符'], thinking: ['reasoning', '思考过程'],
    crossed_tags: ['tags closed in the wrong order', '标签交叉'], json_repaired: ['JSON repaired', 'JSON 已修复'], offsets_moved: ['offsets moved', '位置已校正'], label_variant: ['label by another name', '标签的其他写法'],
    other_format: ['other answer format', '用了别的答案格式'], other_layout: ['JSON in another layout', 'JSON 结构不同'], tag_variant: ['tag in another spelling', '标签写法不规范'], not_in_text: ['not in the sentence', '句中没有'],
    offsets_disagree: ['offsets disagree with the text', '位置与文字不符'], offsets_outside: ['offsets outside of the sentence', '位置超出句子'], text_drift: ['sentence not copied as it is', '抄写的句子有出入'],
  },
  cause: {
    no_answer: ['no answer', '没有答案'], truncated: ['answer truncated', '答案被截断'], unparsable: ['unparsable', '答案无法解析'], unknown_label: ['unknown label', '未知标签'], lost_in_reading: ['lost in reading', '读取时丢失'],
    other_mention: ['at another mention', '标在了另一处'], repeated_mention: ['answered at another of its mentions', '只答了另一处提及'], not_in_text: ['not in the sentence', '句中没有'], near_duplicate: ['near duplicate with other gold', '近似重复句的金标不同'], labelled_otherwise: ['labelled otherwise in training', '训练集中另有标法'],
    nested_in_training: ['within or around other spans in training', '训练集中与别的实体嵌套'], mostly_unlabelled: ['mostly unlabelled in training', '训练集中多未标注'], boundary_habit: ['boundary habit of training', '训练集的边界习惯不同'], ambiguous: ['ambiguous in training', '训练集中标法不一'], unseen: ['unseen in training', '训练集中未见'],
    as_in_training: ['as in training', '与训练集一致'],
  },
  audit: { missing: ['missing', '漏标'], extra: ['extra', '多标'], label: ['other label', '标签不同'], left: ['other beginning', '左边界不同'], right: ['other end', '右边界不同'], shifted: ['both boundaries differ', '两侧边界都不同'] },
  verdict: { gold: ['gold is wrong', '金标有误'], model: ['model is wrong', '模型有误'], ambiguous: ['ambiguous', '有歧义'], none: ['not judged', '未判定'] },
  change: { filled: ['filled', '补全'], corrected: ['corrected', '更正'], renamed: ['renamed', '改用表中名称'], relabelled: ['relabelled', '更换标签'], dropped: ['dropped', '删去'] },
  mark: { ambiguous: ['ambiguous', '有歧义'], unknown: ['not in the table', '表中没有'], conflict: ['names are not on one path', '名称互相矛盾'], unproven: ['nothing leads to it', '句中没有依据'], other_name: ['the table has another name', '表中另有名称'], unanswered: ['said, and not answered', '句中有而未答'] },
  criterion: { strict: ['strict', '严格（strict）'], exact: ['exact', '位置（exact）'], partial: ['partial', '部分重叠（partial）'], type: ['type', '类型（type）'], text: ['text', '文字（text）'], text_set: ['text_set', '文字去重（text_set）'] },
  count: {
    answers: ['answers', '答案'], missing: ['missing', '缺答案'], failed: ['failed', '失败的行'], cut_answers: ['answers truncated', '答案被截断'], cut_prompts: ['prompts truncated', '提示词被截断'], moved: ['rows matched by another key', '改用其他键配对的行'],
    not_in_gold: ['not in gold', '不在金标中'], unmatched: ['unmatched', '未配对'], repeated: ['repeated', '重复'],
  },
  slice: {
    kind: ['kind', '类型'], length: ['length', '长度'], nesting: ['nesting', '嵌套'], training: ['training', '训练集'], entities: ['entities', '实体数'], sentence: ['sentence', '句长'], template: ['template', '模板'],
    extracted: ['extracted', '原文提取'], normalised: ['normalised', '归一化'], inferred: ['inferred', '补全'], not_in_text: ['not_in_text', '句中没有'], nested: ['nested', '嵌套'], flat: ['flat', '不嵌套'], seen: ['seen', '见过'], unseen: ['unseen', '未见过'],
  },
  condition: {
    label: ['label', '标签'], role: ['which', '范围'], kind: ['error', '错误'], pair: ['gold → answer', '金标 → 预测'], slice: ['slice', '分片'], conf: ['confidence', '置信度'], surface: ['surface', '词面'], cause: ['cause', '原因'],
    outcome: ['outcome', '读取结果'], problem: ['problem', '问题'], exact: ['sentence', '句子'], crit: ['criterion', '标准'], meta: ['meta', '元信息'], ab: ['A and B', 'A 与 B'], q: ['search', '搜索'], id: ['id', '编号'],
    all: ['sentences', '句子'], verdicts: ['verdict', '判定'], verdict: ['verdict', '判定'], lost: ['shown', '显示'], audit: ['shown', '显示'], side: ['system', '系统'],
  },
  role: { gold: ['gold', '金标实体'], pred: ['predicted', '预测的实体'], tp: ['right', '正确'], fn: ['gold that is not in the answer', '未答对的金标'], fp: ['wrong in the answer', '预测有误'], err: ['errors', '错误'] },
  exact: { 0: ['with an error', '有错误'], 1: ['exactly right', '全对'] },
  ab: { both: ['both right', '都对'], none: ['both wrong', '都错'], a: ['only A right', '仅 A 对'], b: ['only B right', '仅 B 对'] },
};
