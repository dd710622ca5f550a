"""What the statuses of calls mean: regular expressions of those with which a call has failed."""

HTTP_FAILED = r"5\d\d|5(xx|XX|\*\*)?|0|000|-|IO_ERROR|CLIENT_ERROR"
"""Server errors, and no response at all; a 4xx is the client's doing."""

GRPC_CODE_FAILED = "2|4|12|13|14|15"
"""Server-side errors among the gRPC codes, as OpenTelemetry lists them.

https://opentelemetry.io/docs/specs/semconv/rpc/grpc/
"""

GRPC_NAME_FAILED = (
    r"(grpc:)?(UNKNOWN|Unknown|DEADLINE_EXCEEDED|DeadlineExceeded|UNIMPLEMENTED|Unimplemented|"
    r"INTERNAL|Internal|UNAVAILABLE|Unavailable|DATA_LOSS|DataLoss)"
)
"""The same, as Go's, Java's and Coroot's metrics spell them."""

SPAN_FAILED = "STATUS_CODE_ERROR|ERROR|Error"

ERROR_TYPE_FAILED = r"(?!4\d\d$).+"
"""Any kind of error but an HTTP status 4xx, which stands in `error.type` of clients, too."""
