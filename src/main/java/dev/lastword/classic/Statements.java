package dev.lastword.classic;

import io.netty.util.collection.IntObjectHashMap;
import org.jspecify.annotations.Nullable;

/** The prepared statements that a session has open, which of them have a cursor, and which were sent a part of a long parameter. */
final class Statements {
  private static final int CURSOR = 1;
  private static final int LONG_DATA = 2;

  /** Null until there is one: most sessions never prepare. */
  private @Nullable IntObjectHashMap<Integer> open;

  void prepared(int id) {
    IntObjectHashMap<Integer> all = open;
    if (all == null) {
      all = new IntObjectHashMap<>(8);
      open = all;
    }
    all.put(id, (Integer) 0);
  }

  void closed(int id) {
    if (open != null) {
      open.remove(id);
    }
  }

  void cursor(int id, boolean exists) {
    change(id, CURSOR, exists);
  }

  void longData(int id, boolean pending) {
    change(id, LONG_DATA, pending);
  }

  /** As COM_RESET_CONNECTION and COM_CHANGE_USER do. */
  void forgotten() {
    open = null;
  }

  /** How many are open. */
  int count() {
    return open == null ? 0 : open.size();
  }

  /** How many of them have an open cursor. */
  int cursors() {
    return with(CURSOR);
  }

  /** Whether a part of a parameter was sent for a statement that has not been executed since. */
  boolean longDataPending() {
    return with(LONG_DATA) > 0;
  }

  private void change(int id, int flag, boolean set) {
    Integer flags = open == null ? null : open.get(id);
    if (open != null && flags != null) {
      int changed = set ? flags | flag : flags & ~flag;
      if (changed != flags) {
        open.put(id, (Integer) changed);
      }
    }
  }

  private int with(int flag) {
    int count = 0;
    if (open != null) {
      for (Integer flags : open.values()) {
        count += (flags & flag) == 0 ? 0 : 1;
      }
    }
    return count;
  }
}
