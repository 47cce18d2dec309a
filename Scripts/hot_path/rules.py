"""What a hot path must not call, by name; and what is harmless although it lives in another library."""

import re

# Order matters: the first match names the kind.
FORBIDDEN = [
    ("trap", r"""
        \$ss17_assertionFailure.* | \$ss18_fatalErrorMessage.* | \$ss\d+_?precondition.* | swift_unexpectedError
        | swift_abort.* | swift_\w*Failure\w* | swift_runtime_\w*[eE]rror\w* | swift_reportFatal.*
        | swift_deletedMethodError
        | _swift_stdlib_reportFatalError.* | abort | __assert(_fail)? | __stack_chk_fail | __fortify_fail | __chk_fail
        | quick_exit | _?exit"""),
    ("reference counting", r"""
        swift_(try)?[rR]etain.* | swift_release.* | swift_nonatomic_.* | swift_bridgeObject.* | swift_unknownObject.*
        | swift_weak.* | swift_unowned.* | swift_strong.* | swift_isUniquelyReferenced.* | swift_setDeallocating
        | swift_isEscapingClosure.* | swift_error(Retain|Release) | objc_.* | _?_?[Bb]lock_(copy|release|object_.*)
        | swift_array(Init|Assign|Destroy).*"""),
    ("allocation", r"""
        swift_alloc.* | swift_slowAlloc.* | swift_makeBoxUnique | malloc | calloc | realloc | reallocarray
        | posix_memalign | aligned_alloc | memalign | p?valloc | strn?dup | v?asprintf | getline | getdelim | _Zn[wa].*
        | swift_coroFrameAlloc.* | __cxa_allocate_exception | \$ss27_allocate\w+.*
        | \$ss\d+_ContiguousArray\w*.* | \$sSa\w*(reserve|append|init|grow)\w*.*"""),
    ("deallocation", r"""
        swift_dealloc.* | swift_slowDealloc.* | c?free | _Zd[la].* | __cxa_free_exception
        | swift_coroFrameDealloc.*"""),
    ("lock", r"""
        pthread_(mutex|rwlock|spin|cond|barrier|once).* | sem_.* | swift_once.* | os_unfair_.* | futex
        | __cxa_guard_.* | mtx_.* | cnd_.* | call_once | flockfile | \$s15Synchronization5MutexV?.*
        | _swift_mutex.* | __lll_lock.*"""),
    ("concurrency runtime", r"""
        swift_task.* | swift_job.* | swift_asyncLet.* | swift_continuation.* | swift_defaultActor.*
        | swift_distributed.* | dispatch_.* | swift_async.* | pthread_create | pthread_join"""),
    ("exclusivity check", r"swift_(begin|end)Access.*"),
    ("dynamic cast", r"swift_dynamicCast.* | swift_conformsToProtocol.* | __dynamic_cast"),
    ("metadata", r"""
        swift_get\w*Metadata\w* | swift_getTypeBy.* | swift_getAssociated.* | swift_getWitnessTable.*
        | swift_checkMetadataState | swift_getOpaqueType.* | swift_getDynamicType | swift_getObjectType | swift_lookUp.*
        | swift_init(Struct|Class|EnumS?|RawStruct)Metadata.* | swift_getKeyPath.* | swift_getCanonical.*
        | swift_instantiate\w* | swift_updateClassMetadata.* | swift_compareProtocolConformance.*"""),
    ("error", r"swift_willThrow.* | swift_throw.* | __cxa_throw | __cxa_rethrow | _Unwind_.* | longjmp"),
    ("output", r"""
        \$ss5print.* | \$ss10debugPrint.* | v?[fsd]?n?printf | __v?[fsd]?n?printf_chk | puts | fputs | putc | fputc
        | putchar | fwrite.* | fflush | perror | v?syslog | \$s7Logging.* | os_log.* | strerror.*"""),
    ("system call", r"""
        syscall | read | write | readv | writev | pread(64)? | pwrite(64)? | recv\w* | send\w* | open(64|at|at64)?
        | close | mmap(64)? | munmap | mremap | madvise | mprotect | mlock\w* | munlock\w* | poll | ppoll | select
        | epoll_.* | ioctl | fcntl(64)? | sched_.* | nanosleep | clock_nanosleep | usleep | sleep | fopen(64)?
        | fclose | fread | fgets | accept4? | connect | socket | bind | listen | shutdown | getp?pid | gettid | kill
        | raise | sysconf | sigaction | clock_gettime | gettimeofday | time | pthread_setaffinity_np | pthread_self
        | getenv | dlopen | dlsym"""),
]

# Code of other libraries that stays within its arguments. Everything else outside the program is a finding.
HARMLESS = r"""
    memcpy | memmove | memset | memcmp | bcmp | memchr | memrchr | mempcpy | strlen | strnlen | strcmp | strncmp
    | __mem(cpy|move|set)_chk | swift_initStackObject
    | a?(floor|ceil|round|trunc|rint|fmod|fma|log2?|log10|log1p|exp2?|expm1|pow|sqrt|fabs)[fl]?
    | __(u?div|u?mod|mul|ashl|ashr|lshr)[dt]i3 | __(float|fix)\w* | swift_getEnumCaseMultiPayload
    | swift_storeEnumTagMultiPayload"""


def _whole(pattern):
    return re.compile("(?:" + pattern + r")\Z", re.VERBOSE)


_FORBIDDEN = [(kind, _whole(pattern)) for kind, pattern in FORBIDDEN]
_HARMLESS = _whole(HARMLESS)


def bare(name):
    """A symbol without what objdump adds: "malloc@plt", "free@GLIBC_2.2.5"."""
    return name.split("@", 1)[0] or name


def kind_of(name):
    """Why `name` has no place in a hot path, or None."""
    name = bare(name)
    for kind, pattern in _FORBIDDEN:
        if pattern.match(name):
            return kind
    return None


def is_harmless(name):
    return _HARMLESS.match(bare(name)) is not None
