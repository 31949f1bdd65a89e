package io.loop.netty.tls;

/// The listener for failures to get the TLS context of a connection.
interface TlsContextFaults {

  /// For callers that get the exception itself.
  TlsContextFaults NONE =
      new TlsContextFaults() {
        @Override
        public void tell(Throwable fault) {}

        @Override
        public void over() {}
      };

  /// A context could not be created or used.
  void tell(Throwable fault);

  /// A context was created and used.
  void over();
}
