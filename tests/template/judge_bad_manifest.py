"""Runs the function on a bad manifest under moto; what it prints is what CloudWatch would be given."""

import os
from types import SimpleNamespace

import boto3
from moto import mock_aws

from handlers.validate_manifest import lambda_handler


def main() -> None:
    s3 = boto3.client("s3")
    place = {"LocationConstraint": os.environ["AWS_DEFAULT_REGION"]}
    for bucket in (os.environ["MANIFESTS_BUCKET"], os.environ["REPORTS_BUCKET"]):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=place)
    s3.put_object(Bucket=os.environ["MANIFESTS_BUCKET"], Key="bad.manifest", Body=b"not a manifest\n")
    context = SimpleNamespace(
        function_name="validate-manifest",
        memory_limit_in_mb=1024,
        invoked_function_arn="arn:aws:lambda:eu-central-1:111122223333:function:validate-manifest",
        aws_request_id="00000000-0000-4000-8000-000000000000",
        get_remaining_time_in_millis=lambda: 900_000,
    )
    lambda_handler({"bucket": os.environ["MANIFESTS_BUCKET"], "key": "bad.manifest"}, context)


if __name__ == "__main__":
    with mock_aws():
        main()
