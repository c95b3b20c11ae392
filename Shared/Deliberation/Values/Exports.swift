// Ids, digests and keys of caches are part of the domain's vocabulary: whoever reads the domain reads them too.
@_exported public import Hashing
