"""The rules: what the gate looks for. A rule is its catalogue entry; documents and the terminal print the same text.

A slug names the fault and is never reused. A consumer may have other severities than the catalogue (`core.consumers`).
Rules marked `fixed` can be neither ignored nor lowered: without them VALID would mean nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from core.examples import OTHER, SOUND, but, in_bytes, masked, plus
from core.finding import Severity

CATALOGUE_VERSION: Final = "2"
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
        severity: Its default; for the kinds in `kinds`, that one instead. None: off, unless a consumer turns it on.
        title: One line.
        finds: What the rule looks for.
        why: What happens downstream if it is let pass.
        fix: What to do; a finding may say it more exactly.
        kinds: Severities of the kinds of this fault that differ from `severity`.
        fixed: Can be neither ignored nor lowered.
        needs: The attribute of `Consumer` that the rule is about; without it the rule is off.
        aws_code: The code by which AWS's own importers report the same fault.
        blames_first_line: The line that is repeated is at fault as much as the one that repeats it.
        since: The version that brought the rule.
        example: The text of a manifest that yields this rule and, among sound lines, no other.
        example_note: What more the example needs, in words.
    """

    slug: str
    scope: Scope
    severity: Severity | None
    title: str
    finds: str
    why: str
    fix: str
    kinds: Mapping[str, Severity] = field(default_factory=dict)
    fixed: bool = False
    needs: str | None = None
    aws_code: str | None = None
    blames_first_line: bool = False
    since: str = "0.1.0"
    example: str = ""
    example_note: str = ""


_METADATA_CODE: Final = "ERROR_INVALID_LABEL_ATTRIBUTE_METADATA_FORMAT"
_IMAGE_CODE: Final = "ERROR_INVALID_IMAGE"
_DIMENSION_CODE: Final = "ERROR_INVALID_IMAGE_DIMENSION"

_RULES: Final = (
    # The manifest
    Rule(
        slug="manifest-archived", scope=Scope.MANIFEST, severity=ERROR, fixed=True,
        aws_code="ERROR_MANIFEST_INACCESSIBLE_OR_UNSUPPORTED_FORMAT",
        title="The manifest lies in an archive storage class",
        finds="A manifest in S3 Glacier Flexible Retrieval or Deep Archive that is not restored. It cannot be read.",
        why="Consumers cannot read it either.",
        fix="Restore the object, or upload the manifest again in the STANDARD class.",
        example=SOUND,
        example_note="The object is of the storage class GLACIER or DEEP_ARCHIVE, and is not restored.",
    ),
    Rule(
        slug="manifest-byte-order-mark", scope=Scope.MANIFEST, severity=WARNING,
        title="The manifest begins with a byte order mark",
        finds="The bytes EF BB BF before the first line.",
        why="They are invisible, and many readers fail on line 1 because of them.",
        fix="Save the file as UTF-8 without BOM.",
        example="\ufeff" + SOUND,
        example_note="\\ufeff stands for the byte order mark.",
    ),
    Rule(
        slug="manifest-empty", scope=Scope.MANIFEST, severity=ERROR, fixed=True, aws_code="ERROR_EMPTY_MANIFEST",
        title="The manifest has no lines",
        finds="A manifest of 0 bytes, or with nothing but blank lines.",
        why="There is nothing to train on; importers refuse it.",
        fix="Write one JSON object a line, one line an image.",
        example_note="A file of 0 bytes.",
    ),
    Rule(
        slug="manifest-key-unsupported", scope=Scope.MANIFEST, severity=WARNING, needs="manifest_key",
        title="The manifest's own key is not one that the consumer takes",
        finds="A key outside the consumer's pattern: other characters, or no extension.",
        why="The import may refuse the location, however sound the content.",
        fix="Copy the manifest to a key of plain letters, digits, - and _, with an extension such as .manifest.",
        example=SOUND,
        example_note="The manifest is s3://BUCKET/train/parts + tools.manifest.",
    ),
    Rule(
        slug="manifest-metadata-invalid", scope=Scope.MANIFEST, severity=ERROR,
        title="The object's metadata asks for something unknown",
        finds="Where metadata may choose: an x-amz-meta-consumer, -dataset-role or -label-attribute that is no choice.",
        why="The manifest would be judged by other rules than its owner asked for.",
        fix="Upload again with a choice that exists, or without that metadata.",
        example=SOUND,
        example_note="With AllowManifestMetadata=true, and the object has x-amz-meta-dataset-role: training.",
    ),
    Rule(
        slug="manifest-not-fully-read", scope=Scope.MANIFEST, severity=UNCHECKED, fixed=True,
        title="Not every line was read",
        finds="Lines that were not reached in time, or for whose keys no room was left; or a train manifest not read.",
        why="What was not read cannot be trusted.",
        fix="Give the function a longer timeout or more memory (so more CPU), or split the manifest. Drop it again.",
        example=SOUND,
        example_note="Time ran out before this line.",
    ),
    Rule(
        slug="manifest-not-json-lines", scope=Scope.MANIFEST, severity=ERROR, fixed=True,
        title="The manifest is not JSON Lines",
        finds="A JSON array, objects over several lines, or a table such as CSV. Reading stops there.",
        why="Consumers read one JSON object a line, so none of these lines can be read.",
        fix="Write one JSON object a line, with no array around them and no commas between.",
        example=f"[\n{SOUND},\n{OTHER}\n]",
    ),
    Rule(
        slug="manifest-not-utf8", scope=Scope.MANIFEST, severity=ERROR, fixed=True,
        title="The manifest is not UTF-8 text",
        finds="UTF-16 or UTF-32 text, or a gzip, zip or other compressed file. Reading stops.",
        why="JSON Lines is UTF-8; no consumer reads anything else.",
        fix="Save the file as UTF-8 text, not compressed.",
        example=in_bytes('\ufeff{"source-ref": "s3://factory-images/line-4/0412.png"}'.encode("utf-16-le")),
        example_note="The file is UTF-16; \\x00, \\xff and \\xfe stand for bytes.",
    ),
    Rule(
        slug="manifest-too-large", scope=Scope.MANIFEST, severity=ERROR, fixed=True, needs="manifest_bytes",
        aws_code="ERROR_MANIFEST_SIZE_TOO_LARGE",
        title="The manifest is larger than the consumer reads",
        finds="A manifest over the consumer's limit in bytes. It is not read.",
        why="The consumer refuses the whole file.",
        fix="Split the manifest into several datasets, or shorten its lines.",
        example=SOUND,
        example_note="The file is larger than 1 GB.",
    ),
    Rule(
        slug="manifest-too-many-lines", scope=Scope.MANIFEST, severity=ERROR, needs="lines",
        aws_code="ERROR_MANIFEST_ROWS_EXCEEDS_MAXIMUM",
        title="The manifest has more lines than the consumer reads",
        finds="More lines than the consumer's limit for this role of dataset. All lines are judged all the same.",
        why="The consumer refuses the import.",
        fix="Leave lines out, or split the manifest into several datasets.",
        example=SOUND,
        example_note="It is one of 16,001 lines.",
    ),
    # Lines
    Rule(
        slug="attribute-too-long", scope=Scope.LINE, severity=WARNING, needs="value_characters",
        title="A key's value is longer than the consumer promises to read",
        finds="A value of one of the line's own keys with more characters than the consumer's limit.",
        why="The consumer may refuse the line, or cut the value.",
        fix="Shorten the value, or leave the key out.",
        example=plus('"note": "…"'),
        example_note="… stands for more than 20,000 characters.",
    ),
    Rule(
        slug="class-name-length", scope=Scope.LINE, severity=ERROR, needs="class_characters",
        aws_code="ERROR_INVALID_LABEL_NAME_LENGTH",
        title="The name of a class is empty or too long",
        finds="A class-name with fewer or more characters than the consumer takes.",
        why="The consumer refuses the line.",
        fix="Give the class a name of 1 to 256 characters.",
        example=but('"normal"', '""'),
    ),
    Rule(
        slug="class-name-missing", scope=Scope.LINE, severity=ERROR, aws_code=_METADATA_CODE,
        title="The label's class is missing, or no text",
        finds="A class-name that is absent, null or not a text.",
        why="class-name alone decides how the image is labelled.",
        fix='Write "class-name" and the class, such as "normal" or "anomaly".',
        example=but('"class-name": "normal", ', ""),
    ),
    Rule(
        slug="class-name-unknown", scope=Scope.LINE, severity=WARNING, needs="classes",
        title="The class is neither normal nor anomaly",
        finds="Another class-name than the consumer knows, the empty one included.",
        why="The image is imported unlabeled, and does not train anything.",
        fix="Write normal or anomaly, in lower case and without spaces.",
        example=but('"normal"', '"Normal"'),
    ),
    Rule(
        slug="confidence-invalid", scope=Scope.LINE, severity=WARNING,
        title="confidence is not a number from 0 to 1",
        finds="A confidence that is a text, true, false, null, or out of range; 0 is fine.",
        why="Readers that use it fail or misjudge the label.",
        fix="Write a number from 0 to 1.",
        example=but('"confidence": 1', '"confidence": 98.5'),
    ),
    Rule(
        slug="confidence-missing", scope=Scope.LINE, severity=None, aws_code=_METADATA_CODE,
        title="confidence is missing",
        finds="Metadata without confidence, where the consumer requires it.",
        why="The consumer refuses the line.",
        fix='Write "confidence": 1, or the confidence that the labelling job states.',
        example=but('"confidence": 1, ', ""),
    ),
    Rule(
        slug="creation-date-invalid", scope=Scope.LINE, severity=WARNING,
        title="creation-date is not an ISO 8601 date and time",
        finds="A date without time, a number, a JavaScript date, and the like. A missing time zone is fine.",
        why="Readers that parse it fail.",
        fix="Write it like 2020-11-10T03:37:09.600, in UTC.",
        example=but("2026-01-12T08:30:00", "Mon Jan 12 2026 08:30:00 GMT+0100"),
    ),
    Rule(
        slug="creation-date-missing", scope=Scope.LINE, severity=None, aws_code=_METADATA_CODE,
        title="creation-date is missing",
        finds="Metadata without creation-date, where the consumer requires it.",
        why="The consumer refuses the line.",
        fix="Write the UTC date and time of the label, like 2020-11-10T03:37:09.600.",
        example=but('"creation-date": "2026-01-12T08:30:00", ', ""),
    ),
    Rule(
        slug="human-annotated-invalid", scope=Scope.LINE, severity=ERROR, aws_code=_METADATA_CODE,
        title="human-annotated is neither yes nor no",
        finds='Anything but the texts "yes" and "no", true and false included.',
        why="The consumer refuses the line.",
        fix='Write "human-annotated": "yes" or "no".',
        example=but('"yes"', "true"),
    ),
    Rule(
        slug="human-annotated-missing", scope=Scope.LINE, severity=ERROR, aws_code=_METADATA_CODE,
        title="human-annotated is missing",
        finds="Metadata without human-annotated.",
        why="It is required: the consumer refuses the line.",
        fix='Write "human-annotated": "yes" or "no".',
        example=but('"human-annotated": "yes", ', ""),
    ),
    Rule(
        slug="job-name-invalid", scope=Scope.LINE, severity=WARNING,
        title="job-name is not a text",
        finds="A job-name that is a number, null, an object and so on.",
        why="Readers that parse it fail.",
        fix="Write a text, or leave it out.",
        example=but('"confidence"', '"job-name": 17, "confidence"'),
    ),
    Rule(
        slug="label-failed", scope=Scope.LINE, severity=ERROR,
        title="The labelling job failed on this image",
        finds="A failure-reason in the metadata instead of a label.",
        why="The image is imported unlabeled and does not train anything.",
        fix="Label the image again, or remove the line.",
        example='{"source-ref": "s3://factory-images/line-4/0412.png", "anomaly-label-metadata": {'
        '"failure-reason": "ClientError: the image could not be shown.", "human-annotated": "yes", '
        '"creation-date": "2026-01-12T08:30:00", "type": "groundtruth/image-classification"}}',
    ),
    Rule(
        slug="label-missing", scope=Scope.LINE, severity=ERROR, aws_code="ERROR_NO_LABEL_ATTRIBUTES",
        title="Half of a label is missing",
        finds="A …-metadata key without its label, or the expected label without its metadata.",
        why="The consumer does not see the label: the image is imported without one, or not at all.",
        fix="Name the two keys alike: LABEL and LABEL-metadata.",
        example=but("anomaly-label-metadata", "anomaly_label-metadata"),
    ),
    Rule(
        slug="label-several", scope=Scope.LINE, severity=WARNING,
        title="A line has several labels",
        finds="More than one label of the image-classification type; the finding says which one is judged.",
        why="The consumer may read another label than was meant.",
        fix="Configure the label attribute that is meant, or remove the others.",
        example=plus(
            '"second-look": 1, "second-look-metadata": {"class-name": "anomaly", "human-annotated": "yes", '
            '"type": "groundtruth/image-classification"}'
        ),
    ),
    Rule(
        slug="label-too-many", scope=Scope.LINE, severity=ERROR, needs="pairs",
        title="A line has more labels than the consumer uses",
        finds="More labels of the image-classification type than the consumer takes for one image.",
        why="The labels past the limit are refused or silently dropped.",
        fix="Leave labels out, or leave the image out.",
        example=plus("…"),
        example_note="… stands for 50 more labels, each with its metadata.",
    ),
    Rule(
        slug="label-unannotated", scope=Scope.LINE, severity=ERROR, aws_code="WARNING_UNANNOTATED_RECORD",
        title="An image has no label",
        finds="A line with no label and no label metadata at all.",
        why="The image is imported unlabeled and does not train anything.",
        fix="Add a label and its metadata, or remove the line. In the input of a labelling job it is as it should be.",
        example='{"source-ref": "s3://factory-images/line-4/0412.png"}',
    ),
    Rule(
        slug="label-value-invalid", scope=Scope.LINE, severity=ERROR,
        kinds={"true or false": WARNING, "a number": WARNING, "a text": WARNING},
        aws_code="ERROR_INVALID_LABEL_ATTRIBUTE_FORMAT",
        title="The label's value is not an integer",
        finds="A label that is no integer nor an integer in a text. An error for null, an object or an array.",
        why="The value is required, though class-name alone decides the class.",
        fix="Write an integer, such as 0 or 1.",
        example=but('"anomaly-label": 0', '"anomaly-label": null'),
    ),
    Rule(
        slug="line-blank", scope=Scope.LINE, severity=WARNING,
        title="A blank line",
        finds="A line of nothing but spaces and tabs.",
        why="Some readers stop or fail at it; it shifts the line numbers of those that skip it.",
        fix="Remove the line.",
        example=f"{SOUND}\n\n{OTHER}",
    ),
    Rule(
        slug="line-duplicate-key", scope=Scope.LINE, severity=ERROR, kinds={"same-value": WARNING},
        title="A key stands twice in one object",
        finds="The same key twice in one object; an error where the values differ.",
        why="Readers silently keep the last one, or the first: nobody knows which label was meant.",
        fix="Keep one of them.",
        example=but('"anomaly-label": 0', '"anomaly-label": 0, "anomaly-label": 1'),
    ),
    Rule(
        slug="line-invalid-json", scope=Scope.LINE, severity=ERROR, fixed=True, aws_code="ERROR_INVALID_JSON_LINE",
        title="A line is not JSON",
        finds="A line that breaks the grammar of RFC 8259; NaN and Infinity included.",
        why="The consumer refuses the line, and often the whole import.",
        fix="Write the line with a JSON library (in Python json.dumps, without indent).",
        example=but("}}", "},}"),
    ),
    Rule(
        slug="line-json-unsupported", scope=Scope.LINE, severity=ERROR, fixed=True, aws_code="ERROR_INVALID_JSON_LINE",
        title="A line is JSON that other readers fail on",
        finds="Nesting over 128, an unpaired surrogate, or an integer over 4,300 digits.",
        why="JSON allows it, but common readers refuse the line.",
        fix="Write the value in a simpler form.",
        example=plus('"note": "\\ud83d"'),
    ),
    Rule(
        slug="line-not-an-object", scope=Scope.LINE, severity=ERROR, fixed=True, aws_code="ERROR_INVALID_JSON_LINE",
        title="A line is JSON but not an object",
        finds="A line that holds an array, a text, a number, true, false or null.",
        why="It describes no image.",
        fix='Write an object: {"source-ref": "s3://…", …}.',
        example='["s3://factory-images/line-4/0412.png", "normal"]',
    ),
    Rule(
        slug="line-not-utf8", scope=Scope.LINE, severity=ERROR, fixed=True,
        title="A line is not UTF-8",
        finds="Bytes that are not UTF-8, often Latin-1 or Windows text.",
        why="Consumers refuse the line, or read another key than was written, so that the image is not found.",
        fix="Save the file as UTF-8.",
        example=in_bytes(but("0412", "caf\xe9").encode("latin-1")),
        example_note="\\xe9 stands for that byte: é in Latin-1.",
    ),
    Rule(
        slug="line-too-long", scope=Scope.LINE, severity=ERROR, needs="line_characters",
        title="A line is longer than the consumer promises to read",
        finds="More characters than the consumer's limit for a line.",
        why="The consumer may refuse the line.",
        fix="Remove keys that the consumer does not use, or shorten them.",
        example=plus('"note": "…"'),
        example_note="… stands for text that makes the line longer than 8,192 characters.",
    ),
    Rule(
        slug="line-unreadable", scope=Scope.LINE, severity=ERROR, fixed=True,
        title="A line is too long to be read",
        finds="A line over 1 MiB. It is not parsed.",
        why="No consumer takes it; most often the file has no line breaks at all.",
        fix="Put each object on a line of its own, ended by a line feed.",
        example=plus('"note": "…"'),
        example_note="… stands for more than 1 MiB.",
    ),
    Rule(
        slug="mask-metadata-malformed", scope=Scope.LINE, severity=WARNING, needs="masks",
        title="A mask's metadata is not as it should be",
        finds='A colour map that is missing, without BACKGROUND in white under "0", or with an entry that lacks '
        "class-name, hex-color or confidence; human-annotated or type missing or wrong.",
        why="The areas of an anomaly may be imported with other classes than were drawn, or not at all.",
        fix="Write internal-color-map, human-annotated and type as the labelling job does.",
        example=plus(
            '"anomaly-mask-ref": "s3://factory-images/masks/0412.png", "anomaly-mask-ref-metadata": {'
            '"internal-color-map": {"1": {"class-name": "scratch", "hex-color": "#2ca02c", "confidence": 1}}, '
            '"human-annotated": "yes", "type": "groundtruth/semantic-segmentation"}'
        ),
    ),
    Rule(
        slug="mask-ref-malformed", scope=Scope.LINE, severity=ERROR, needs="masks",
        title="A mask is not an s3://BUCKET/KEY of a PNG in the images' bucket",
        finds="All that source-ref-malformed finds, a mask in another bucket than the images, and a key that does not "
        "end in .png; a mask's metadata without the mask.",
        why="The consumer cannot use the mask; the import is refused.",
        fix="Store the mask as PNG in the images' bucket, and write s3://BUCKET/KEY.",
        example=masked("s3://factory-images/masks/0412.jpg"),
    ),
    Rule(
        slug="metadata-malformed", scope=Scope.LINE, severity=ERROR, aws_code=_METADATA_CODE,
        title="The label's metadata is not an object",
        finds="Metadata that is a text, a number, an array, true, false or null.",
        why="The class stands in it: without it the image has no label.",
        fix='Write an object: {"class-name": …, "human-annotated": "yes", "type": "groundtruth/image-classification"}.',
        example='{"source-ref": "s3://factory-images/line-4/0412.png", "anomaly-label": 0, '
        '"anomaly-label-metadata": "normal"}',
    ),
    Rule(
        slug="source-ref-conflicting", scope=Scope.LINE, severity=ERROR, blames_first_line=True,
        aws_code="ERROR_DUPLICATE_SOURCE_REF",
        title="One image is labelled in two ways",
        finds="A source-ref that stood before with another class.",
        why="The model is taught a contradiction, or the consumer keeps whichever it likes.",
        fix="Decide which label is right and remove the other line.",
        example=f"{SOUND}\n{but('0413', '0412', OTHER)}",
    ),
    Rule(
        slug="source-ref-duplicate", scope=Scope.LINE, severity=ERROR, aws_code="ERROR_DUPLICATE_SOURCE_REF",
        title="One image stands on two lines",
        finds="A source-ref that stood before with the same class.",
        why="Images must be unique; repeats are dropped silently or fail the import.",
        fix="Remove the repeated line.",
        example=f"{SOUND}\n{SOUND}",
    ),
    Rule(
        slug="source-ref-malformed", scope=Scope.LINE, severity=ERROR, fixed=True,
        aws_code="ERROR_INVALID_SOURCE_REF_FORMAT",
        title="A source-ref is not of the form s3://BUCKET/KEY",
        finds="A web address, a relative path, a space within s3://, a missing key, a folder, and the like.",
        why="The consumer cannot find the image.",
        fix="Write s3://BUCKET/KEY, with the key exactly as S3 lists it, never url-encoded.",
        example=but("s3://", "s3: //"),
    ),
    Rule(
        slug="source-ref-missing", scope=Scope.LINE, severity=ERROR, fixed=True, aws_code="ERROR_MISSING_SOURCE_REF",
        title="A line names no image",
        finds="No key source-ref.",
        why="Without it there is no image to train on.",
        fix='Add "source-ref": "s3://BUCKET/KEY".',
        example=but("source-ref", "source_ref"),
    ),
    Rule(
        slug="source-ref-not-an-image", scope=Scope.LINE, severity=WARNING,
        title="A source-ref does not end like an image",
        finds="An extension other than png, jpg or jpeg, in any case of letters.",
        why="Consumers read PNG and JPEG only.",
        fix="Name a PNG or JPEG image.",
        example=but(".png", ".tif"),
    ),
    Rule(
        slug="source-ref-other-bucket", scope=Scope.LINE, severity=ERROR, fixed=True,
        aws_code="ERROR_IMAGES_IN_MULTIPLE_S3_BUCKETS",
        title="An image lies in another bucket than the rest",
        finds="A source-ref outside the dataset's bucket: the configured one, else the one that most lines name.",
        why="All images of a dataset must lie in one bucket; the import is refused.",
        fix="Copy the image into the dataset's bucket and name it there.",
        example=but("factory-images", "factory-images-old"),
        example_note="All other lines name images in factory-images.",
    ),
    Rule(
        slug="source-ref-suspicious", scope=Scope.LINE, severity=WARNING,
        title="A source-ref holds something that is seldom meant",
        finds="Invisible, control or private characters, a space at the end, //, /../, a literal %XX, an old bucket.",
        why="It is legal, but such a key often differs from the object's by something one cannot see.",
        fix="Compare the key with what S3 lists.",
        example=but("line-4/", "line%204/"),
    ),
    Rule(
        slug="type-missing", scope=Scope.LINE, severity=ERROR, aws_code=_METADATA_CODE,
        title="The label's type is missing",
        finds="Metadata whose type is absent or null.",
        why="The consumer cannot tell that this is a label of the image.",
        fix='Write "type": "groundtruth/image-classification".',
        example=but(', "type": "groundtruth/image-classification"', ""),
    ),
    Rule(
        slug="type-unsupported", scope=Scope.LINE, severity=ERROR, aws_code="ERROR_UNSUPPORTED_USE_CASE_TYPE",
        title="No label of a type that the consumer reads",
        finds="Labels of other types only: object detection, multi-label, verification, text and so on.",
        why="The consumer cannot use the label.",
        fix="Make the label with an image-classification job, or name the attribute that holds one.",
        example=but("image-classification", "object-detection"),
    ),
    # Images and masks
    Rule(
        slug="image-access-denied", scope=Scope.IMAGE, severity=UNCHECKED, fixed=True,
        aws_code="ERROR_INVALID_PERMISSIONS_IMAGES_S3_BUCKET",
        title="The gate may not look at the images",
        finds="Images for which S3 answers 403; stated once, with the permission to grant.",
        why="Whether they exist is not known, so the manifest cannot be called VALID.",
        fix="Grant s3:ListBucket on the bucket and s3:GetObject on its objects to the gate.",
        example=SOUND,
        example_note="S3 answers 403 for the image.",
    ),
    Rule(
        slug="image-archived", scope=Scope.IMAGE, severity=ERROR,
        title="An image lies in an archive storage class",
        finds="GLACIER or DEEP_ARCHIVE, not restored. Glacier Instant Retrieval is no archive.",
        why="Consumers cannot read it.",
        fix="Restore the object, or copy it to the STANDARD class.",
        example=SOUND,
        example_note="The image is of the storage class GLACIER or DEEP_ARCHIVE, and is not restored.",
    ),
    Rule(
        slug="image-aspect-ratio", scope=Scope.IMAGE, severity=ERROR, needs="image_aspect", aws_code=_DIMENSION_CODE,
        title="An image is too long for its width, or too wide for its height",
        finds="An opened image whose longer side is more than the consumer's multiple of the other.",
        why="The consumer refuses the image.",
        fix="Cut the image, or leave it out.",
        example=SOUND,
        example_note="Images are opened (InspectImages), and this one is 4,000 pixels wide and 100 high.",
    ),
    Rule(
        slug="image-bucket-not-found", scope=Scope.IMAGE, severity=ERROR, fixed=True,
        title="The images' bucket does not exist",
        finds="A bucket that S3 does not know; stated once.",
        why="No image can be found.",
        fix="Correct the bucket's name in the source-refs, or create the bucket and upload the images.",
        example=SOUND,
        example_note="There is no bucket factory-images.",
    ),
    Rule(
        slug="image-bucket-wrong-region", scope=Scope.IMAGE, severity=ERROR, aws_code="ERROR_FILE_NOT_FOUND_IN_REGION",
        title="The images lie in another region than the manifest",
        finds="Images in another region than the manifest's; stated once. Existence is checked all the same.",
        why="Consumers read images only in their own region.",
        fix="Copy the images to a bucket in the manifest's region, or the manifest to theirs.",
        example=SOUND,
        example_note="The manifest lies in eu-central-1, the bucket factory-images in us-east-1.",
    ),
    Rule(
        slug="image-dimensions-differ", scope=Scope.IMAGE, severity=ERROR, needs="one_image_size",
        aws_code=_DIMENSION_CODE,
        title="An image has another width or height than the rest",
        finds="An opened image that is not of the size that most of the opened images have.",
        why="All images of a dataset must have one size; the import or the training is refused.",
        fix="Scale or cut the image to the size of the others, or leave it out.",
        example=SOUND,
        example_note="Images are opened (InspectImages); this one is 1,280 by 960 pixels, the others are 640 by 480.",
    ),
    Rule(
        slug="image-dimensions-out-of-range", scope=Scope.IMAGE, severity=ERROR, needs="image_sides",
        aws_code=_DIMENSION_CODE,
        title="An image has too few or too many pixels",
        finds="An opened image with a side outside the consumer's limits.",
        why="The consumer refuses the image.",
        fix="Scale the image.",
        example=SOUND,
        example_note="Images are opened (InspectImages), and all are 5,472 by 3,648 pixels.",
    ),
    Rule(
        slug="image-empty", scope=Scope.IMAGE, severity=ERROR, aws_code=_IMAGE_CODE,
        title="An image has no bytes",
        finds="An object of 0 bytes.",
        why="It is no image; most often an upload failed.",
        fix="Upload the image again.",
        example=SOUND,
        example_note="The image has 0 bytes.",
    ),
    Rule(
        slug="image-format-unsupported", scope=Scope.IMAGE, severity=ERROR, needs="image_formats",
        aws_code=_IMAGE_CODE,
        title="An image is neither PNG nor JPEG",
        finds="An opened object that is another sort of image, whatever its name says.",
        why="The consumer refuses the image.",
        fix="Convert the image to PNG or JPEG.",
        example=SOUND,
        example_note="Images are opened (InspectImages), and this one is a GIF, whatever its name says.",
    ),
    Rule(
        slug="image-not-found", scope=Scope.IMAGE, severity=ERROR, fixed=True, aws_code="ERROR_FILE_NOT_FOUND",
        title="An image does not exist",
        finds="A source-ref to which no object answers, at the time that the report states.",
        why="The import fails, or the training set is silently smaller.",
        fix="Upload the image, mend the key, or remove the line; then drop the manifest again.",
        example=SOUND,
        example_note="There is no such object.",
    ),
    Rule(
        slug="image-too-large", scope=Scope.IMAGE, severity=ERROR, needs="image_bytes", aws_code=_IMAGE_CODE,
        title="An image is larger than the consumer takes",
        finds="An object over the consumer's limit in bytes.",
        why="The consumer refuses the image.",
        fix="Save the image smaller (JPEG, or fewer pixels).",
        example=SOUND,
        example_note="The image has 9,000,000 bytes.",
    ),
    Rule(
        slug="image-unreadable", scope=Scope.IMAGE, severity=ERROR, aws_code=_IMAGE_CODE,
        title="An image cannot be read",
        finds="An opened object that is no image, or whose header is cut off or broken.",
        why="The consumer refuses it, or the training fails.",
        fix="Upload the image again.",
        example=SOUND,
        example_note="Images are opened (InspectImages), and this one holds the error message of a web server.",
    ),
    Rule(
        slug="images-unchecked", scope=Scope.IMAGE, severity=UNCHECKED, fixed=True,
        title="Images could not be checked",
        finds="Images not looked at: S3 throttled past every retry, time ran out, or a customer's key is needed.",
        why="Whether they exist is not known, so the manifest cannot be called VALID.",
        fix="Drop the manifest again later, or give the function more time.",
        example=SOUND,
        example_note="S3 answers 503 to every attempt.",
    ),
    Rule(
        slug="mask-not-found", scope=Scope.IMAGE, severity=ERROR, fixed=True, needs="masks",
        aws_code="ERROR_FILE_NOT_FOUND",
        title="A mask does not exist",
        finds="A mask to which no object answers, at the time that the report states.",
        why="The import fails, or the image is trained without its areas.",
        fix="Upload the mask, mend the key, or remove the mask from the line; then drop the manifest again.",
        example=masked("s3://factory-images/masks/0412.png"),
        example_note="The image exists, and the mask does not.",
    ),
    # The whole
    Rule(
        slug="dataset-label-overlap", scope=Scope.DATASET, severity=ERROR, needs="label_overlap",
        aws_code="ERROR_INSUFFICIENT_LABEL_OVERLAP",
        title="A train and a test manifest have too few classes in common",
        finds="Of all classes of both manifests fewer are in both than the consumer wants.",
        why="The consumer refuses the datasets: classes that are trained are not tested, or the reverse.",
        fix="Divide the images anew, so that each class is in both manifests.",
        example=SOUND + "\n" + but('"anomaly"', '"scratch"', OTHER),
        example_note="Judged with --test, and the train manifest has the classes normal, dent and hole.",
    ),
    Rule(
        slug="dataset-no-labels", scope=Scope.DATASET, severity=ERROR,
        title="No line is labelled",
        finds="A manifest in which no line carries a label that the consumer uses.",
        why="Nothing can be trained.",
        fix="Label the images; see the findings on the lines.",
        example='{"source-ref": "s3://factory-images/line-4/0412.png"}',
        example_note="There is no other line. Each unlabeled line is a finding of label-unannotated, too.",
    ),
    Rule(
        slug="dataset-too-few-anomaly", scope=Scope.DATASET, severity=WARNING, needs="fewest_images",
        kinds={"role-given": ERROR},
        title="Too few images labelled anomaly",
        finds="Fewer anomaly images than the consumer needs; an error where the dataset's role is given.",
        why="Training does not start, or the model is poor.",
        fix="Add images labelled anomaly.",
        example=SOUND,
        example_note="20 such lines, each of another image, and no others.",
    ),
    Rule(
        slug="dataset-too-few-classes", scope=Scope.DATASET, severity=ERROR, needs="class_count",
        aws_code="ERROR_MANIFEST_TOO_FEW_LABELS",
        title="Too few classes",
        finds="Fewer classes on sound lines than the consumer needs.",
        why="Training does not start: there is nothing to tell apart.",
        fix="Add images of another class.",
        example=SOUND,
        example_note="There is no other line.",
    ),
    Rule(
        slug="dataset-too-few-normal", scope=Scope.DATASET, severity=WARNING, needs="fewest_images",
        kinds={"role-given": ERROR},
        title="Too few images labelled normal",
        finds="Fewer normal images than the consumer needs; an error where the dataset's role is given.",
        why="Training does not start, or the model is poor.",
        fix="Add images labelled normal.",
        example=OTHER,
        example_note="10 such lines, each of another image, and no others.",
    ),
    Rule(
        slug="dataset-too-many-classes", scope=Scope.DATASET, severity=ERROR, needs="class_count",
        aws_code="ERROR_MANIFEST_TOO_MANY_LABELS",
        title="Too many classes",
        finds="More classes on sound lines than the consumer takes.",
        why="The import is refused.",
        fix="Join classes, or split the dataset. Perhaps an identifier is written as class-name.",
        example=but('"normal"', '"part-1"'),
        example_note="251 such lines, each of another image and another class.",
    ),
    Rule(
        slug="dataset-too-many-invalid-lines", scope=Scope.DATASET, severity=ERROR, needs="invalid_share",
        aws_code="ERROR_TOO_MANY_INVALID_ROWS_IN_MANIFEST",
        title="So many lines are invalid that the whole import fails",
        finds="A larger part of the lines invalid or blank than the consumer tolerates; missing images count.",
        why="Up to that part the consumer drops invalid lines; past it, it imports nothing.",
        fix="Mend the lines that the other findings name, and remove blank ones.",
        example=f"{SOUND}\n\n{OTHER}",
        example_note="There are no other lines. The blank one is a finding of line-blank, too.",
    ),
    Rule(
        slug="dataset-train-test-overlap", scope=Scope.DATASET, severity=ERROR,
        title="An image is in the train and in the test manifest",
        finds="A source-ref of the test manifest that the train manifest names too.",
        why="A model that is tested on what it was trained on looks better than it is; consumers refuse or drop it.",
        fix="Remove the line from one of the two manifests.",
        example=SOUND,
        example_note="Judged with --test, and the train manifest names the image, too.",
    ),
    Rule(
        slug="label-name-inconsistent", scope=Scope.DATASET, severity=WARNING,
        title="The label has different names on different lines",
        finds="Lines whose judged label attribute is called otherwise than on most lines.",
        why="Consumers that are told one name do not see the labels under the other.",
        fix="Use one name for the label on all lines.",
        example=but("anomaly-label", "defect-label"),
        example_note="On all other lines the label is anomaly-label.",
    ),
    Rule(
        slug="label-value-inconsistent", scope=Scope.DATASET, severity=WARNING,
        title="Values and classes do not go together",
        finds="One class with several label values, or one value for several classes.",
        why="class-name decides; but readers of the value would learn other labels.",
        fix="Use one value for each class.",
        example=but('"anomaly-label": 0', '"anomaly-label": 1'),
        example_note="On all other lines 0 stands for normal, 1 for anomaly.",
    ),
)  # fmt: skip

RULES: Final[Mapping[str, Rule]] = MappingProxyType({rule.slug: rule for rule in _RULES})
"""Every rule by its slug, in the order in which documents print them."""
