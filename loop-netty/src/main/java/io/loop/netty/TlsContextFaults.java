package io.loop.netty;

/// Who is told that a connection has no TLS context, for want of one that can be made.
interface TlsContextFaults {

  /// For callers who get the exception itself.
  TlsContextFaults NONE =
      new TlsContextFaults() {
        @Override
        public void tell(Throwable fault) {}

        @Override
        public void over() {}
      };

  /// A context could not be made, or used.
  void tell(Throwable fault);

  /// One could.
  void over();
}
