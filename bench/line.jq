# One line of a manifest, as text: whether it has the shape that it should have.
try (
  fromjson
  | (."source-ref" | type == "string" and test("^s3://[a-z0-9.-]{3,63}/.*[^/]\\.(png|PNG|jpe?g|JPE?G)$"))
    and (."anomaly-label" | (type == "number" and . == floor) or (type == "string" and test("^[+-]?[0-9]+$")))
    and (
      ."anomaly-label-metadata"
      | (."class-name" | . == "normal" or . == "anomaly")
        and (."human-annotated" | . == "yes" or . == "no")
        and .type == "groundtruth/image-classification"
        and (.confidence | . == null or (type == "number" and . >= 0 and . <= 1))
        and (."creation-date" | . == null or test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"))
        and (."job-name" | . == null or type == "string")
    )
) catch false
