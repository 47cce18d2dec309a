import FeedCore
import FeedIO
