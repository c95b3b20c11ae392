// The table of calls is the service: whoever reads the one reads the other.
@_exported public import Calls
