"""Sentences of family 6: what an executor can't do, and what can't be reached."""

from runner.text.catalogue.code import Code

CAPABILITIES: dict[str, Code] = {
    "E603": Code("this file needs runner {wanted}, and this is {version}", "install a runner that fits"),
    "E610": Code("the executor `{executor}` can't run {what}"),
    "E612": Code("steps of the executor `{executor}` can't reach the {service} `{kind}`"),
    "E618": Code(
        "`[executor.steps]` says how `{name}` ends, and no step that runs has that name", "did you mean `{near}`?"
    ),
    "E619": Code("`{step}` does not return `{name}`", "did you mean `{near}`?"),
    "E627": Code("the volume with the {service} in it, `[volumes.{volume}]`, is {what}: `{path}`", "name a claim"),
    "E620": Code("`exit` says that it fails, and `status` is `{status}`", "leave one of them out"),
    "E613": Code("steps of the executor `{executor}` see no volume with the {service} in it: `{path}`"),
    "E614": Code("the executor `{executor}` can't hand out secrets of `{kind}`: they are known {where} only"),
    "E615": Code(
        "nobody says where the secret `{name}` lives in the cluster",
        '`[secrets] map = {{ {name} = {{ secret = "NAME", key = "KEY" }} }}`, or `secret` for all{file}',
    ),
    "E626": Code(
        "`{key}` of a volume means nothing to the executor `{executor}`",
        'a folder of this machine is `here = "/srv/data"`, a volume of the engine `claim = "NAME"`',
    ),
    "E621": Code("`profile` sends single steps away, and `{step}` is a group", 'say it of `[steps."{step}.*"]`'),
    "E622": Code(
        "the executor `{executor}` shares no run with others: no step can be sent to it, and none from it elsewhere"
    ),
    "E623": Code(
        "steps of the executor `{executor}` need an image, and nobody names one for `{step}`",
        "name it: `image` in `[executor]` of the profile, or `image` of the step; "
        "`runner build` with a profile of `std:docker` makes one",
    ),
    "E616": Code("the executor `{executor}` can't {what}"),
    "E617": Code(
        "{steps} steps are about {size} for the executor `{executor}`, which takes {most}",
        "make items of a `for-each` of them, or several pipelines",
    ),
    "W610": Code(
        "`{file}` describes a conda environment; this executor takes one that is there already",
        "make the environment, and name its folder",
    ),
    "W616": Code(
        "the executor `{executor}` keeps no cache: this runs every time", "its profile may say `cache = false`"
    ),
    "W617": Code(
        "{pods} pods are about {size} for the executor `{executor}`, and 1 MiB is what it is asked to bear",
        "pack items into fewer pods, by `batch`",
    ),
    "W618": Code("`{name}` in `[executor.steps]` meets no step that runs"),
    "W612": Code("there is no {what} `{path}` in the project", None),
    "W611": Code("`[{service}]` means nothing to the executor `{executor}`", "keep it in a profile of one that does"),
}
