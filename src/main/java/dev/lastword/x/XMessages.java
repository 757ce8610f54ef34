package dev.lastword.x;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import dev.lastword.x.protobuf.Mysqlx;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** X messages to and from frames: four bytes of length (little endian, counting the type), one byte of type, and the message. */
final class XMessages {
  /** Bytes of a frame before the message: length and type. */
  static final int PREFIX = 5;

  private XMessages() {}

  /** A frame with a message, owned by the caller. */
  static ByteBuf frame(ByteBufAllocator allocator, int type, MessageLite message) {
    int size = message.getSerializedSize();
    ByteBuf frame = allocator.buffer(PREFIX + size);
    frame.writeIntLE(1 + size).writeByte(type);
    ByteBuffer body = frame.internalNioBuffer(frame.writerIndex(), size);
    try {
      CodedOutputStream out = CodedOutputStream.newInstance(body);
      message.writeTo(out);
      out.flush();
    } catch (IOException e) {
      frame.release();
      throw new AssertionError("a message is longer than it said", e);
    }
    return frame.writerIndex(PREFIX + size);
  }

  /** An Error message. */
  static ByteBuf error(
      ByteBufAllocator allocator,
      Mysqlx.Error.Severity severity,
      int code,
      String sqlState,
      String text) {
    return frame(
        allocator,
        Mysqlx.ServerMessages.Type.ERROR_VALUE,
        Mysqlx.Error.newBuilder()
            .setSeverity(severity)
            .setCode(code)
            .setSqlState(sqlState)
            .setMsg(text)
            .build());
  }

  /** The Ok message without a text. */
  static ByteBuf ok(ByteBufAllocator allocator) {
    return frame(allocator, Mysqlx.ServerMessages.Type.OK_VALUE, Mysqlx.Ok.getDefaultInstance());
  }

  /**
   * Parses the message of a complete frame.
   *
   * @param at where the frame begins
   * @param length its length, header included
   * @return null if it is not a message of that kind; what to do about it is left to the server
   */
  static <M extends MessageLite> @Nullable M parse(
      Parser<M> parser, ByteBuf in, int at, int length) {
    if (length < PREFIX) {
      return null;
    }
    try {
      return parser.parseFrom(in.nioBuffer(at + PREFIX, length - PREFIX));
    } catch (InvalidProtocolBufferException _) {
      return null;
    }
  }

  /** Parses the message of a complete frame that is all there is to read in the buffer; null as above. */
  static <M extends MessageLite> @Nullable M parse(Parser<M> parser, ByteBuf frame) {
    return parse(parser, frame, frame.readerIndex(), frame.readableBytes());
  }
}
