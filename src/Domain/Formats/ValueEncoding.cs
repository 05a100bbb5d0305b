using System.Buffers.Binary;
using Cairn.Model;

namespace Cairn.Formats;

/// <summary>Writes a value that was read: kind and payload, as in a frame.</summary>
internal static class ValueEncoding
{
    private const int MaxVaryingBytes = 5;

    /// <summary>The bytes of a value.</summary>
    public static byte[] Of(ValueView value)
    {
        var kind = (byte)value.Kind;
        switch (value.Kind)
        {
            case ValueKind.Null:
                return [kind];
            case ValueKind.Bool:
                return [kind, (byte)value.Bits];
            case ValueKind.Int64 or ValueKind.Float64 or ValueKind.DateTime:
                var scalar = new byte[1 + sizeof(long)];
                scalar[0] = kind;
                BinaryPrimitives.WriteInt64LittleEndian(scalar.AsSpan(1), value.Bits);
                return scalar;
            case ValueKind.String or ValueKind.Bytes:
                return [kind, .. Varying(value.Bytes.Length), .. value.Bytes];
            default:
                var nested = new byte[1 + sizeof(uint) + value.Bytes.Length];
                nested[0] = kind;
                BinaryPrimitives.WriteUInt32LittleEndian(nested.AsSpan(1), (uint)value.Bytes.Length);
                value.Bytes.CopyTo(nested.AsSpan(1 + sizeof(uint)));
                return nested;
        }
    }

    private static byte[] Varying(int value)
    {
        Span<byte> bytes = stackalloc byte[MaxVaryingBytes];
        var length = 0;
        for (var rest = (uint)value; ; rest >>= 7)
        {
            bytes[length++] = (byte)(rest < 0x80 ? rest : (rest & 0x7F) | 0x80);
            if (rest < 0x80)
            {
                return bytes[..length].ToArray();
            }
        }
    }
}
