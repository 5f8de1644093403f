"""The parts an editor works through; each field of the guide stands in exactly one (a test holds it)."""

from __future__ import annotations

from dataclasses import dataclass

from onewindow.catalogue.shape import Shape, of_guide


@dataclass(frozen=True)
class Section:
    slug: str
    title: str
    fields: tuple[str, ...]
    hint: str = ""

    @property
    def shapes(self) -> list[Shape]:
        return [of_guide(name) for name in self.fields]


SECTIONS = {
    section.slug: section
    for section in [
        Section("base", "基本信息", (
            "name", "short_name", "plain_names", "summary", "name_en", "kind", "agency", "parent_name", "core",
            "target", "levels", "themes_person", "themes_business", "visits", "online", "mail", "scope", "kiosk",
            "appointment", "prereview_first", "basic_code", "implementation_code", "handling_code", "ref_code",
            "linked_item",
        )),
        Section("basis", "依据", ("basis", "power_source", "division", "entrusted", "joint", "provenance")),
        Section("questions", "问题与情形", ("questions", "situations"),
                "最多问六个问题，答案决定要带哪些材料。条件式里用问题的代号，例如 who == 'proxy'。"),
        Section("conditions", "条件", ("conditions", "quota", "refusals")),
        Section("materials", "材料", ("materials", "intermediary"), "逐项写清楚，不能写“其他材料”。"),
        Section("form", "表单", ("form",), "与“问题”同名的字段会自动带上回答，选项要一致。"),
        Section("steps", "环节与时限", ("immediate", "promised", "statutory", "steps")),
        Section("law", "受理与停延", ("intake", "pauses", "extension"), "只有法律另有规定时才改。"),
        Section("parties", "共同申请人", ("parties",), 
                "买卖双方、夫妻等要一起申请的事项才填；每个人确认以后才能提交。"),
        Section("outside", "外部系统", ("outside",), "部门用自己的系统办、或要录入它的，写在这里；不是就空着。"),
        Section("promises", "容缺与承诺", ("gaps", "promise"),
                "容缺的材料、可以承诺代替的证明，在“材料”里逐份标。失信未修复的人不能用。"),
        Section("scrutiny", "核查听证", ("scrutiny",), "决定前必须做的事；核查要点会成为现场的表。"),
        Section("fees", "收费", ("fee_note", "fees"), "能不能网上缴费，在“基本信息”的网上办理里写。"),
        Section("result", "结果", ("result",), "证照和文书的样本由系统按这里写的生成。"),
        Section("outcomes", "裁量与后续", ("concerns", "discretion", "forwarding", "vital", "publicity")),
        Section("faq", "常见问题", ("faq",)),
        Section("contacts", "联系与救济", ("contacts", "remedies", "rights", "duties")),
    ]
}  # fmt: skip
OF_FIELD = {name: section for section in SECTIONS.values() for name in section.fields}


def following(section: Section) -> Section | None:
    slugs = list(SECTIONS)
    at = slugs.index(section.slug) + 1
    return SECTIONS[slugs[at]] if at < len(slugs) else None
