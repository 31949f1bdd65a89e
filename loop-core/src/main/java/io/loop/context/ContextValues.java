package io.loop.context;

import org.jspecify.annotations.Nullable;

/// An immutable map from variables to values, with the values that propagators have captured.
final class ContextValues {

  /*
   * Pairs in one array, found by identity. Programs have few variables: copying a short array on
   * each set is faster than a tree, and reading it needs no hash.
   */

  static final ContextValues EMPTY = new ContextValues(new Object[0], null);

  private final @Nullable Object[] pairs;
  private final Propagators.@Nullable Snapshot carried;

  private ContextValues(@Nullable Object[] pairs, Propagators.@Nullable Snapshot carried) {
    this.pairs = pairs;
    this.carried = carried;
  }

  /// {@return the captured values of other libraries, or null}
  Propagators.@Nullable Snapshot carried() {
    return carried;
  }

  /// {@return these variables with other captured values}
  ContextValues carrying(Propagators.@Nullable Snapshot captured) {
    return captured == carried ? this : new ContextValues(pairs, captured);
  }

  private int indexOf(ContextVar<?> variable) {
    for (int i = 0; i < pairs.length; i += 2) {
      if (pairs[i] == variable) {
        return i;
      }
    }
    return -1;
  }

  boolean contains(ContextVar<?> variable) {
    return indexOf(variable) >= 0;
  }

  @Nullable Object get(ContextVar<?> variable) {
    int index = indexOf(variable);
    return index < 0 ? null : pairs[index + 1];
  }

  ContextValues with(ContextVar<?> variable, @Nullable Object value) {
    int index = indexOf(variable);
    int length = pairs.length;
    var copy = new @Nullable Object[index < 0 ? length + 2 : length];
    System.arraycopy(pairs, 0, copy, 0, length);
    int place = index < 0 ? length : index;
    copy[place] = variable;
    copy[place + 1] = value;
    return new ContextValues(copy, carried);
  }

  ContextValues without(ContextVar<?> variable) {
    int index = indexOf(variable);
    if (index < 0) {
      return this;
    }
    var copy = new @Nullable Object[pairs.length - 2];
    System.arraycopy(pairs, 0, copy, 0, index);
    System.arraycopy(pairs, index + 2, copy, index, pairs.length - index - 2);
    return new ContextValues(copy, carried);
  }
}
