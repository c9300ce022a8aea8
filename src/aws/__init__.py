"""The outside: S3 and SNS, as the core's ports; AWS's errors become the core's."""
