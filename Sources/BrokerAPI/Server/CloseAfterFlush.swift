import NIOCore

/// Closes a connection one turn of its event loop later than asked, with everything written flushed.
///
/// On a graceful shutdown the HTTP/2 connection is closed from within the flush that ends its last stream, before the frames of the answer have
/// reached the TLS handler: they were lost. Sits between TLS and HTTP.
final class CloseAfterFlush: ChannelOutboundHandler, RemovableChannelHandler {
  typealias OutboundIn = ByteBuffer

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    context.eventLoop.assumeIsolated().execute {
      context.flush()
      context.close(mode: mode, promise: promise)
    }
  }
}
