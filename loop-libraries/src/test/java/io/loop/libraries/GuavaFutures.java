package io.loop.libraries;

// recipe: guava
import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.common.util.concurrent.MoreExecutors;
import java.util.concurrent.CompletableFuture;

final class GuavaFutures {

  private GuavaFutures() {}

  /// A stage with the outcome of a future, which is cancelled with it.
  static <T> CompletableFuture<T> stageOf(ListenableFuture<T> future) {
    var stage =
        new CompletableFuture<T>() {
          @Override
          public boolean cancel(boolean mayInterrupt) {
            future.cancel(mayInterrupt);
            return super.cancel(mayInterrupt);
          }
        };
    var outcome =
        new FutureCallback<T>() {
          @Override
          public void onSuccess(T result) {
            stage.complete(result);
          }

          @Override
          public void onFailure(Throwable fault) { // a CancellationException, if it was cancelled
            stage.completeExceptionally(fault);
          }
        };
    Futures.addCallback(future, outcome, MoreExecutors.directExecutor());
    return stage;
  }
}
// end
