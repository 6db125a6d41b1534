"""Evidence: changes that cannot reach production: documents, tests, build pipelines, layout, what only watches it.

Knows:   how such paths and messages look.
Ignores: everything else.
"""

from __future__ import annotations

import re

from correlate.evidence.candidates import Candidate
from correlate.evidence.docket import Docket
from correlate.evidence.grades import FAIR, PROOF
from schemas.incident import Argument

KIND = "change_kind"
_PATH = re.compile(
    r"(^|/)(docs?|documentation|tests?|testdata|__tests__|specs?|fixtures|e2e|\.github|\.circleci|\.gitlab|\.vscode|\.idea|examples|samples|staging|sandbox|dashboards?|grafana|alerting|alert[_-]rules|runbooks)(/|$)"
    r"|(_test|_spec|\.test|\.spec|Tests?|Spec)\.\w+$|(^|/)test_\w+\.\w+$|\.(md|mdx|rst|adoc|txt|svg|png|jpe?g|gif|ico|css|scss|less)$"
    r"|(^|/)(CODEOWNERS|LICENSE|CHANGELOG|README|\.gitignore|\.gitattributes|\.editorconfig|\.eslintrc\S*|\.prettierrc\S*|\.golangci\.\w+|Jenkinsfile|\.gitlab-ci\.yml|\.pre-commit-config\.yaml)$"
)
_NOT_INERT = re.compile(r"(^|/)(requirements\S*|constraints|robots|CMakeLists)\.txt$")
_MESSAGE = re.compile(
    r"^\W*(docs?|tests?|ci|style)\b\s*(\([^)]*\))?\s*[:!]|^\W*#(docs?|tests?|ci|style)\b|\b(gofmt|goimports|typos?|prettier|whitespace|code ?owners)\b",
    re.I,
)


def judge(docket: Docket, candidate: Candidate) -> list[Argument]:
    if candidate.files and all(_PATH.search(path) and not _NOT_INERT.search(path) for path in candidate.files):
        return [Argument(kind=KIND, nats=-PROOF - FAIR, text="It touches only documents, tests, layout, dashboards or the build pipeline.")]
    if _MESSAGE.search(candidate.message) and not docket.content(candidate).effects:
        return [
            Argument(
                kind=KIND,
                nats=-PROOF - FAIR,
                text="It says that it touches only documents, tests, layout, dashboards or the build pipeline.",
            )
        ]
    return []
