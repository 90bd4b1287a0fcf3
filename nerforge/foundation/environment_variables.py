"""Every environment variable that a user may set: the one list, from which the reference is made.

A test holds it against the code. Those that are removed from LLaMA-Factory's environment or refused stand in
``nerforge.foundation.llamafactory.environment``.
"""

from collections.abc import Iterable
from typing import Literal, NamedTuple

Group = Literal["nerforge", "hubs", "launching", "trackers"]


class Variable(NamedTuple):
    """A variable that is read here, or by a library that is started from here."""

    name: str
    group: Group
    meaning: str
    zh: str
    """The meaning, in Chinese."""


def _each(names: Iterable[str], group: Group, meaning: str, zh: str) -> tuple[Variable, ...]:
    return tuple(Variable(name, group, meaning, zh) for name in names)


VARIABLES: tuple[Variable, ...] = (
    Variable(
        "NERFORGE_CACHE",
        "nerforge",
        "folder of the cache of results that take long to compute, or `off`",
        "存放耗时结果的缓存目录，或 `off`",
    ),
    *_each(
        ("XDG_CACHE_HOME", "LOCALAPPDATA"),
        "nerforge",
        "the user's folder of caches, where NERFORGE_CACHE is not set; else ~/.cache",
        "没有设 NERFORGE_CACHE 时用户的缓存目录；都没有则用 ~/.cache",
    ),
    *_each(
        ("NO_COLOR", "FORCE_COLOR"),
        "nerforge",
        "anything switches colours off; or on, where the output is no terminal",
        "设为任意值则不用颜色；或在输出不是终端时也用颜色",
    ),
    Variable(
        "OPENAI_API_KEY",
        "nerforge",
        "key of an OpenAI-compatible server; `--key-variable` names another variable",
        "OpenAI 兼容服务的密钥；`--key-variable` 可指定别的变量",
    ),
    Variable(
        "RAY_ADDRESS",
        "nerforge",
        "Ray cluster on which `predict --engine ray` works; without it, this machine",
        "`predict --engine ray` 所用的 Ray 集群；没有则用本机",
    ),
    Variable(
        "PATH",
        "nerforge",
        "where `llamafactory-cli` is looked for, after this environment",
        "在本环境之后查找 `llamafactory-cli` 的路径",
    ),
    *_each(
        ("HOME", "NETRC"),
        "nerforge",
        "where the files of a login lie (SwanLab, Weights & Biases)",
        "登录信息文件所在（SwanLab、Weights & Biases）",
    ),
    *_each(
        ("LLAMAFACTORY_VERBOSITY", "TRANSFORMERS_VERBOSITY"),
        "nerforge",
        "how much these libraries log; where it is not set, only errors",
        "这些库的日志详细程度；没有设时只报错误",
    ),
    Variable(
        "USE_MODELSCOPE_HUB",
        "hubs",
        "1 downloads from ModelScope; `--hub` wins over it",
        "为 1 时从 ModelScope 下载；`--hub` 优先",
    ),
    Variable(
        "USE_OPENMIND_HUB",
        "hubs",
        "1 lets LLaMA-Factory download from openMind",
        "为 1 时 LLaMA-Factory 从 openMind 下载",
    ),
    Variable(
        "MODELSCOPE_CACHE", "hubs", "where ModelScope keeps what it downloaded", "ModelScope 的下载目录"
    ),
    Variable(
        "HF_HUB_OFFLINE",
        "hubs",
        "1 uses nothing but what is in Hugging Face's cache",
        "为 1 时只用 Hugging Face 缓存里已有的内容",
    ),
    *_each(
        ("FORCE_TORCHRUN", "NPROC_PER_NODE"),
        "launching",
        "1 starts torchrun on one machine; and with how many processes",
        "为 1 时在单机上用 torchrun 启动；以及进程数",
    ),
    *_each(
        ("NNODES", "NODE_RANK", "MASTER_ADDR", "MASTER_PORT"),
        "launching",
        "several machines: how many, which this is, and where the first one is",
        "多机训练：机器数、本机序号、首台机器的地址与端口",
    ),
    *_each(
        ("MIN_NNODES", "MAX_NNODES", "MAX_RESTARTS", "RDZV_ID"),
        "launching",
        "elastic training: bounds of machines, restarts, and the name of the meeting",
        "弹性训练：机器数上下限、重启次数、会合名称",
    ),
    *_each(
        ("USE_RAY", "USE_KT"),
        "launching",
        "1 trains on Ray, or by KTransformers",
        "为 1 时用 Ray 训练，或用 KTransformers",
    ),
    *_each(
        ("CUDA_VISIBLE_DEVICES", "ASCEND_RT_VISIBLE_DEVICES"),
        "launching",
        "the devices that may be used",
        "可以使用的设备",
    ),
    Variable("OMP_NUM_THREADS", "launching", "threads of a process on the CPU", "每个进程的 CPU 线程数"),
    Variable(
        "OPTIM_TORCH",
        "launching",
        "LLaMA-Factory's own settings of torch's memory and threads",
        "LLaMA-Factory 对 torch 内存与线程的设置",
    ),
    *_each(
        ("NCCL_DEBUG", "NCCL_SOCKET_IFNAME", "NCCL_P2P_DISABLE", "NCCL_IB_DISABLE"),
        "launching",
        "NCCL's log, network and ways between GPUs",
        "NCCL 的日志、网卡与显卡间通信方式",
    ),
    Variable(
        "DISABLE_VERSION_CHECK",
        "launching",
        "lets LLaMA-Factory start with versions it was not made for; a notice says so",
        "让 LLaMA-Factory 用未经检验的版本启动；会有提示",
    ),
    *_each(
        ("SWANLAB_API_KEY", "SWANLAB_ROOT", "SWANLAB_SAVE_DIR", "SWANLAB_CONFIG_DIR"),
        "trackers",
        "SwanLab's key, and where its login lies",
        "SwanLab 的密钥与登录信息所在",
    ),
    *_each(
        (
            "SWANLAB_PROJECT",
            "SWANLAB_PROJ_NAME",
            "SWANLAB_WORKSPACE",
            "SWANLAB_DESCRIPTION",
            "SWANLAB_RUN_ID",
        ),
        "trackers",
        "SwanLab's project, workspace, description and id of a run",
        "SwanLab 的项目、空间、描述与运行编号",
    ),
    *_each(
        ("SWANLAB_MODE", "SWANLAB_LOG_DIR"),
        "trackers",
        "SwanLab's mode (cloud, local, disabled) and folder of logs",
        "SwanLab 的模式（cloud、local、disabled）与日志目录",
    ),
    *_each(
        ("WANDB_API_KEY", "WANDB_IDENTITY_TOKEN_FILE", "WANDB_CONFIG_DIR", "WANDB_BASE_URL"),
        "trackers",
        "the key of Weights & Biases, where its login lies, and the server",
        "Weights & Biases 的密钥、登录信息所在与服务器",
    ),
    *_each(
        ("WANDB_PROJECT", "WANDB_NAME", "WANDB_NOTES", "WANDB_ENTITY", "WANDB_RUN_ID"),
        "trackers",
        "project, name, notes, team and id of a run of Weights & Biases",
        "Weights & Biases 的项目、名称、备注、团队与运行编号",
    ),
    *_each(
        ("WANDB_MODE", "WANDB_DIR"),
        "trackers",
        "the mode of Weights & Biases (online, offline, disabled) and its folder of logs",
        "Weights & Biases 的模式（online、offline、disabled）与日志目录",
    ),
    *_each(
        ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME", "MLFLOW_RUN_ID", "MLFLOW_TAGS"),
        "trackers",
        "MLflow's store, experiment, id of a run and tags",
        "MLflow 的存储、实验、运行编号与标签",
    ),
    Variable("TENSORBOARD_LOGGING_DIR", "trackers", "TensorBoard's folder of logs", "TensorBoard 的日志目录"),
)
"""In the order in which the reference shows them."""
