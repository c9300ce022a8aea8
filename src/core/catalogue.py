"""The rules: what the gate looks for. A rule is its catalogue entry; documents and the terminal print the same text.

A slug names the fault and is never reused. Severities are those for `lookout-for-vision`; a consumer may change them
(`core.consumers`). Rules marked `fixed` can be neither ignored nor lowered: without them VALID would mean nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from core.finding import Severity

CATALOGUE_VERSION: Final = "1"
"""Changes with the rules, so that two reports can be compared."""

ERROR, WARNING, UNCHECKED = Severity.ERROR, Severity.WARNING, Severity.UNCHECKED


class Scope(StrEnum):
    """What a rule is about."""

    MANIFEST = "manifest"
    LINE = "line"
    IMAGE = "image"
    DATASET = "dataset"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One entry of the catalogue.

    Attributes:
        slug: The rule's name, for ever.
        scope: What it is about.
        severity: Its default; for the kinds in `kinds`, that one instead.
        title: One line.
        finds: What the rule looks for.
        why: What happens downstream if it is let pass.
        fix: What to do; a finding may say it more exactly.
        kinds: Severities of the kinds of this fault that differ from `severity`.
        fixed: Can be neither ignored nor lowered.
        aws_code: The code by which AWS's own importers report the same fault.
        blames_first_line: The line that is repeated is at fault as much as the one that repeats it.
        since: The version that brought the rule.
    """

    slug: str
    scope: Scope
    severity: Severity
    title: str
    finds: str
    why: str
    fix: str
    kinds: Mapping[str, Severity] = field(default_factory=dict)
    fixed: bool = False
    aws_code: str | None = None
    blames_first_line: bool = False
    since: str = "0.1.0"


_METADATA_CODE: Final = "ERROR_INVALID_LABEL_ATTRIBUTE_METADATA_FORMAT"
_IMAGE_CODE: Final = "ERROR_INVALID_IMAGE"

_RULES: Final = (
    # The manifest
    Rule(
        slug="manifest-empty", scope=Scope.MANIFEST, severity=ERROR, fixed=True, aws_code="ERROR_EMPTY_MANIFEST",
        title="The manifest has no lines",
        finds="A manifest of 0 bytes, or with nothing but blank lines.",
        why="There is nothing to train on; importers refuse it.",
        fix="Write one JSON object a line, one line an image.",
    ),
    Rule(
        slug="manifest-too-large", scope=Scope.MANIFEST, severity=ERROR, fixed=True,
        aws_code="ERROR_MANIFEST_SIZE_TOO_LARGE",
        title="The manifest is larger than the consumer reads",
        finds="A manifest over the consumer's limit in bytes. It is not read.",
        why="The consumer refuses the whole file.",
        fix="Split the manifest into several datasets, or shorten its lines.",
    ),
    Rule(
        slug="manifest-too-many-lines", scope=Scope.MANIFEST, severity=ERROR,
        aws_code="ERROR_MANIFEST_ROWS_EXCEEDS_MAXIMUM",
        title="The manifest has more lines than the consumer reads",
        finds="More lines than the consumer's limit for this role of dataset. All lines are judged all the same.",
        why="The consumer refuses the import.",
        fix="Leave lines out, or split the manifest into several datasets.",
    ),
    Rule(
        slug="manifest-not-utf8", scope=Scope.MANIFEST, severity=ERROR, fixed=True,
        title="The manifest is not UTF-8 text",
        finds="UTF-16 or UTF-32 text, or a gzip, zip or other compressed file. Reading stops.",
        why="JSON Lines is UTF-8; no consumer reads anything else.",
        fix="Save the file as UTF-8 text, not compressed.",
    ),
    Rule(
        slug="manifest-not-json-lines", scope=Scope.MANIFEST, severity=ERROR, fixed=True,
        title="The manifest is not JSON Lines",
        finds="A JSON array, objects over several lines, or a table such as CSV. Reading stops there.",
        why="Consumers read one JSON object a line, so none of these lines can be read.",
        fix="Write one JSON object a line, with no array around them and no commas between.",
    ),
    Rule(
        slug="manifest-archived", scope=Scope.MANIFEST, severity=ERROR, fixed=True,
        aws_code="ERROR_MANIFEST_INACCESSIBLE_OR_UNSUPPORTED_FORMAT",
        title="The manifest lies in an archive storage class",
        finds="A manifest in S3 Glacier Flexible Retrieval or Deep Archive that is not restored. It cannot be read.",
        why="Consumers cannot read it either.",
        fix="Restore the object, or upload the manifest again in the STANDARD class.",
    ),
    Rule(
        slug="manifest-metadata-invalid", scope=Scope.MANIFEST, severity=ERROR,
        title="The object's metadata asks for something unknown",
        finds="Where metadata may choose: an x-amz-meta-consumer, -dataset-role or -label-attribute that is no choice.",
        why="The manifest would be judged by other rules than its owner asked for.",
        fix="Upload again with a choice that exists, or without that metadata.",
    ),
    Rule(
        slug="manifest-byte-order-mark", scope=Scope.MANIFEST, severity=WARNING,
        title="The manifest begins with a byte order mark",
        finds="The bytes EF BB BF before the first line.",
        why="They are invisible, and many readers fail on line 1 because of them.",
        fix="Save the file as UTF-8 without BOM.",
    ),
    Rule(
        slug="manifest-key-unsupported", scope=Scope.MANIFEST, severity=WARNING,
        title="The manifest's own key has characters that the consumer does not take",
        finds="A key outside the consumer's pattern.",
        why="The import may refuse the location, however sound the content.",
        fix="Copy the manifest to a key of letters, digits and ! _ . * ' ( ) / - only.",
    ),
    Rule(
        slug="manifest-not-fully-read", scope=Scope.MANIFEST, severity=UNCHECKED, fixed=True,
        title="Time ran out before every line was read",
        finds="Lines that were not reached within the time of the invocation.",
        why="What was not read cannot be trusted.",
        fix="Give the function a longer timeout or more memory (so more CPU), or split the manifest. Drop it again.",
    ),
    # Lines
    Rule(
        slug="line-blank", scope=Scope.LINE, severity=WARNING,
        title="A blank line",
        finds="A line of nothing but spaces and tabs.",
        why="Some readers stop or fail at it; it shifts the line numbers of those that skip it.",
        fix="Remove the line.",
    ),
    Rule(
        slug="line-not-utf8", scope=Scope.LINE, severity=ERROR, fixed=True,
        title="A line is not UTF-8",
        finds="Bytes that are not UTF-8, often Latin-1 or Windows text.",
        why="Consumers refuse the line, or read another key than was written, so that the image is not found.",
        fix="Save the file as UTF-8.",
    ),
    Rule(
        slug="line-invalid-json", scope=Scope.LINE, severity=ERROR, fixed=True, aws_code="ERROR_INVALID_JSON_LINE",
        title="A line is not JSON",
        finds="A line that breaks the grammar of RFC 8259; NaN and Infinity included.",
        why="The consumer refuses the line, and often the whole import.",
        fix="Write the line with a JSON library (in Python json.dumps, without indent).",
    ),
    Rule(
        slug="line-json-unsupported", scope=Scope.LINE, severity=ERROR, fixed=True, aws_code="ERROR_INVALID_JSON_LINE",
        title="A line is JSON that other readers fail on",
        finds="Nesting over 128, an unpaired surrogate, or an integer over 4,300 digits.",
        why="JSON allows it, but common readers refuse the line.",
        fix="Write the value in a simpler form.",
    ),
    Rule(
        slug="line-not-an-object", scope=Scope.LINE, severity=ERROR, fixed=True, aws_code="ERROR_INVALID_JSON_LINE",
        title="A line is JSON but not an object",
        finds="A line that holds an array, a text, a number, true, false or null.",
        why="It describes no image.",
        fix='Write an object: {"source-ref": "s3://…", …}.',
    ),
    Rule(
        slug="line-duplicate-key", scope=Scope.LINE, severity=ERROR, kinds={"same-value": WARNING},
        title="A key stands twice in one object",
        finds="The same key twice in one object; an error where the values differ.",
        why="Readers silently keep the last one, or the first: nobody knows which label was meant.",
        fix="Keep one of them.",
    ),
    Rule(
        slug="line-unreadable", scope=Scope.LINE, severity=ERROR, fixed=True,
        title="A line is too long to be read",
        finds="A line over 1 MiB. It is not parsed.",
        why="No consumer takes it; most often the file has no line breaks at all.",
        fix="Put each object on a line of its own, ended by a line feed.",
    ),
    Rule(
        slug="line-too-long", scope=Scope.LINE, severity=WARNING,
        title="A line is longer than the consumer promises to read",
        finds="More characters than the consumer's limit for a line.",
        why="The consumer may refuse the line.",
        fix="Remove keys that the consumer does not use, or shorten them.",
    ),
    # The reference to the image
    Rule(
        slug="source-ref-missing", scope=Scope.LINE, severity=ERROR, fixed=True, aws_code="ERROR_MISSING_SOURCE_REF",
        title="A line names no image",
        finds="No key source-ref.",
        why="Without it there is no image to train on.",
        fix='Add "source-ref": "s3://BUCKET/KEY".',
    ),
    Rule(
        slug="source-ref-malformed", scope=Scope.LINE, severity=ERROR, fixed=True,
        aws_code="ERROR_INVALID_SOURCE_REF_FORMAT",
        title="A source-ref is not of the form s3://BUCKET/KEY",
        finds="A web address, a relative path, a space within s3://, a missing key, a folder, and the like.",
        why="The consumer cannot find the image.",
        fix="Write s3://BUCKET/KEY, with the key exactly as S3 lists it, never url-encoded.",
    ),
    Rule(
        slug="source-ref-other-bucket", scope=Scope.LINE, severity=ERROR, fixed=True,
        aws_code="ERROR_IMAGES_IN_MULTIPLE_S3_BUCKETS",
        title="An image lies in another bucket than the rest",
        finds="A source-ref outside the dataset's bucket: the configured one, else the one that most lines name.",
        why="All images of a dataset must lie in one bucket; the import is refused.",
        fix="Copy the image into the dataset's bucket and name it there.",
    ),
    Rule(
        slug="source-ref-conflicting", scope=Scope.LINE, severity=ERROR, blames_first_line=True,
        aws_code="ERROR_DUPLICATE_SOURCE_REF",
        title="One image is labelled in two ways",
        finds="A source-ref that stood before with another class.",
        why="The model is taught a contradiction, or the consumer keeps whichever it likes.",
        fix="Decide which label is right and remove the other line.",
    ),
    Rule(
        slug="source-ref-duplicate", scope=Scope.LINE, severity=ERROR, aws_code="ERROR_DUPLICATE_SOURCE_REF",
        title="One image stands on two lines",
        finds="A source-ref that stood before with the same class.",
        why="Images must be unique; repeats are dropped silently or fail the import.",
        fix="Remove the repeated line.",
    ),
    Rule(
        slug="source-ref-suspicious", scope=Scope.LINE, severity=WARNING,
        title="A source-ref holds something that is seldom meant",
        finds="Invisible, control or private characters, a space at the end, //, /../, a literal %XX, an old bucket.",
        why="It is legal, but such a key often differs from the object's by something one cannot see.",
        fix="Compare the key with what S3 lists.",
    ),
    Rule(
        slug="source-ref-not-an-image", scope=Scope.LINE, severity=WARNING,
        title="A source-ref does not end like an image",
        finds="An extension other than png, jpg or jpeg, in any case of letters.",
        why="Consumers read PNG and JPEG only.",
        fix="Name a PNG or JPEG image.",
    ),
    # The label
    Rule(
        slug="label-missing", scope=Scope.LINE, severity=ERROR, aws_code="ERROR_NO_LABEL_ATTRIBUTES",
        title="Half of a label is missing",
        finds="A …-metadata key without its label, or the expected label without its metadata.",
        why="The consumer does not see the label: the image is imported without one, or not at all.",
        fix="Name the two keys alike: LABEL and LABEL-metadata.",
    ),
    Rule(
        slug="label-unannotated", scope=Scope.LINE, severity=ERROR, aws_code="WARNING_UNANNOTATED_RECORD",
        title="An image has no label",
        finds="A line with no label and no label metadata at all.",
        why="The image is imported unlabeled and does not train anything.",
        fix="Add a label and its metadata, or remove the line.",
    ),
    Rule(
        slug="label-failed", scope=Scope.LINE, severity=ERROR,
        title="The labelling job failed on this image",
        finds="A failure-reason in the metadata instead of a label.",
        why="The image is imported unlabeled and does not train anything.",
        fix="Label the image again, or remove the line.",
    ),
    Rule(
        slug="label-value-invalid", scope=Scope.LINE, severity=ERROR,
        kinds={"true or false": WARNING, "a number": WARNING, "a text": WARNING},
        aws_code="ERROR_INVALID_LABEL_ATTRIBUTE_FORMAT",
        title="The label's value is not an integer",
        finds="A label that is no integer nor an integer in a text. An error for null, an object or an array.",
        why="The value is required, though class-name alone decides the class.",
        fix="Write an integer, such as 0 or 1.",
    ),
    Rule(
        slug="label-several", scope=Scope.LINE, severity=WARNING,
        title="A line has several labels",
        finds="More than one label of the image-classification type; the finding says which one is judged.",
        why="The consumer may read another label than was meant.",
        fix="Configure the label attribute that is meant, or remove the others.",
    ),
    Rule(
        slug="label-name-inconsistent", scope=Scope.DATASET, severity=WARNING,
        title="The label has different names on different lines",
        finds="Lines whose judged label attribute is called otherwise than on most lines.",
        why="Consumers that are told one name do not see the labels under the other.",
        fix="Use one name for the label on all lines.",
    ),
    Rule(
        slug="label-value-inconsistent", scope=Scope.DATASET, severity=WARNING,
        title="Values and classes do not go together",
        finds="One class with several label values, or one value for several classes.",
        why="class-name decides; but readers of the value would learn other labels.",
        fix="Use one value for each class.",
    ),
    # The label's metadata
    Rule(
        slug="metadata-malformed", scope=Scope.LINE, severity=ERROR, aws_code=_METADATA_CODE,
        title="The label's metadata is not an object",
        finds="Metadata that is a text, a number, an array, true, false or null.",
        why="The class stands in it: without it the image has no label.",
        fix='Write an object: {"class-name": …, "human-annotated": "yes", "type": "groundtruth/image-classification"}.',
    ),
    Rule(
        slug="class-name-missing", scope=Scope.LINE, severity=ERROR, aws_code=_METADATA_CODE,
        title="The label's class is missing",
        finds="A class-name that is absent, null or not a text.",
        why="class-name alone decides how the image is labelled.",
        fix='Write "class-name": "normal" or "anomaly".',
    ),
    Rule(
        slug="class-name-unknown", scope=Scope.LINE, severity=WARNING,
        title="The class is neither normal nor anomaly",
        finds="Another class-name, the empty one included.",
        why="The image is imported unlabeled, and does not train anything.",
        fix="Write normal or anomaly, in lower case and without spaces.",
    ),
    Rule(
        slug="human-annotated-missing", scope=Scope.LINE, severity=ERROR, aws_code=_METADATA_CODE,
        title="human-annotated is missing",
        finds="Metadata without human-annotated.",
        why="It is required: the consumer refuses the line.",
        fix='Write "human-annotated": "yes" or "no".',
    ),
    Rule(
        slug="human-annotated-invalid", scope=Scope.LINE, severity=ERROR, aws_code=_METADATA_CODE,
        title="human-annotated is neither yes nor no",
        finds='Anything but the texts "yes" and "no", true and false included.',
        why="The consumer refuses the line.",
        fix='Write "human-annotated": "yes" or "no".',
    ),
    Rule(
        slug="type-missing", scope=Scope.LINE, severity=ERROR, aws_code=_METADATA_CODE,
        title="The label's type is missing",
        finds="Metadata whose type is absent or null.",
        why="The consumer cannot tell that this is a label of the image.",
        fix='Write "type": "groundtruth/image-classification".',
    ),
    Rule(
        slug="type-unsupported", scope=Scope.LINE, severity=ERROR, aws_code="ERROR_UNSUPPORTED_USE_CASE_TYPE",
        title="No label of a type that the consumer reads",
        finds="Labels of other types only: object detection, multi-label, verification, text and so on.",
        why="The consumer cannot use the label.",
        fix="Make the label with an image-classification job, or name the attribute that holds one.",
    ),
    Rule(
        slug="confidence-invalid", scope=Scope.LINE, severity=WARNING,
        title="confidence is not a number from 0 to 1",
        finds="A confidence that is a text, true, false, null, or out of range; 0 is fine.",
        why="Readers that use it fail or misjudge the label.",
        fix="Write a number from 0 to 1, or leave it out.",
    ),
    Rule(
        slug="creation-date-invalid", scope=Scope.LINE, severity=WARNING,
        title="creation-date is not an ISO 8601 date and time",
        finds="A date without time, a number, a JavaScript date, and the like. A missing time zone is fine.",
        why="Readers that parse it fail.",
        fix="Write it like 2020-11-10T03:37:09.600, in UTC.",
    ),
    Rule(
        slug="job-name-invalid", scope=Scope.LINE, severity=WARNING,
        title="job-name is not a text",
        finds="A job-name that is a number, null, an object and so on.",
        why="Readers that parse it fail.",
        fix="Write a text, or leave it out.",
    ),
    # The images
    Rule(
        slug="image-not-found", scope=Scope.IMAGE, severity=ERROR, fixed=True, aws_code="ERROR_FILE_NOT_FOUND",
        title="An image does not exist",
        finds="A source-ref to which no object answers, at the time that the report states.",
        why="The import fails, or the training set is silently smaller.",
        fix="Upload the image, mend the key, or remove the line; then drop the manifest again.",
    ),
    Rule(
        slug="image-empty", scope=Scope.IMAGE, severity=ERROR, aws_code=_IMAGE_CODE,
        title="An image has no bytes",
        finds="An object of 0 bytes.",
        why="It is no image; most often an upload failed.",
        fix="Upload the image again.",
    ),
    Rule(
        slug="image-too-large", scope=Scope.IMAGE, severity=ERROR, aws_code=_IMAGE_CODE,
        title="An image is larger than the consumer takes",
        finds="An object over the consumer's limit in bytes.",
        why="The consumer refuses the image.",
        fix="Save the image smaller (JPEG, or fewer pixels).",
    ),
    Rule(
        slug="image-archived", scope=Scope.IMAGE, severity=ERROR,
        title="An image lies in an archive storage class",
        finds="GLACIER or DEEP_ARCHIVE, not restored. Glacier Instant Retrieval is no archive.",
        why="Consumers cannot read it.",
        fix="Restore the object, or copy it to the STANDARD class.",
    ),
    Rule(
        slug="image-bucket-not-found", scope=Scope.IMAGE, severity=ERROR, fixed=True,
        title="The images' bucket does not exist",
        finds="A bucket that S3 does not know; stated once.",
        why="No image can be found.",
        fix="Correct the bucket's name in the source-refs, or create the bucket and upload the images.",
    ),
    Rule(
        slug="image-bucket-wrong-region", scope=Scope.IMAGE, severity=ERROR, aws_code="ERROR_FILE_NOT_FOUND_IN_REGION",
        title="The images lie in another region than the manifest",
        finds="Images in another region than the manifest's; stated once. Existence is checked all the same.",
        why="Consumers read images only in their own region.",
        fix="Copy the images to a bucket in the manifest's region, or the manifest to theirs.",
    ),
    Rule(
        slug="image-access-denied", scope=Scope.IMAGE, severity=UNCHECKED, fixed=True,
        aws_code="ERROR_INVALID_PERMISSIONS_IMAGES_S3_BUCKET",
        title="The gate may not look at the images",
        finds="Images for which S3 answers 403; stated once, with the permission to grant.",
        why="Whether they exist is not known, so the manifest cannot be called VALID.",
        fix="Grant s3:ListBucket on the bucket and s3:GetObject on its objects to the gate.",
    ),
    Rule(
        slug="images-unchecked", scope=Scope.IMAGE, severity=UNCHECKED, fixed=True,
        title="Images could not be checked",
        finds="Images not looked at: S3 throttled past every retry, time ran out, or a customer's key is needed.",
        why="Whether they exist is not known, so the manifest cannot be called VALID.",
        fix="Drop the manifest again later, or give the function more time.",
    ),
    # The whole
    Rule(
        slug="dataset-no-labels", scope=Scope.DATASET, severity=ERROR,
        title="No line is labelled",
        finds="A manifest in which no line carries a label that the consumer uses.",
        why="Nothing can be trained.",
        fix="Label the images; see the findings on the lines.",
    ),
    Rule(
        slug="dataset-too-few-normal", scope=Scope.DATASET, severity=WARNING, kinds={"role-given": ERROR},
        title="Too few images labelled normal",
        finds="Fewer normal images than the consumer needs; an error where the dataset's role is given.",
        why="Training does not start, or the model is poor.",
        fix="Add images labelled normal.",
    ),
    Rule(
        slug="dataset-too-few-anomaly", scope=Scope.DATASET, severity=WARNING, kinds={"role-given": ERROR},
        title="Too few images labelled anomaly",
        finds="Fewer anomaly images than the consumer needs; an error where the dataset's role is given.",
        why="Training does not start, or the model is poor.",
        fix="Add images labelled anomaly.",
    ),
)  # fmt: skip

RULES: Final[Mapping[str, Rule]] = MappingProxyType({rule.slug: rule for rule in _RULES})
"""Every rule by its slug, in the order in which documents print them."""
