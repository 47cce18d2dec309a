import Testing
@testable import FeedObserve
