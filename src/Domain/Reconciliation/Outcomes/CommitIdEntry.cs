using System.Buffers.Binary;
using Cairn.Primitives;

namespace Cairn.Reconciliation.Outcomes;

/// <summary>A commit's key and where its record is. Ordered by key, then by position, so that of several with one key the last is the newest.</summary>
internal readonly record struct CommitIdEntry(UInt128 Key, LogPosition Position) : IComparable<CommitIdEntry>
{
    public static bool operator <(CommitIdEntry left, CommitIdEntry right) => left.CompareTo(right) < 0;

    public static bool operator >(CommitIdEntry left, CommitIdEntry right) => left.CompareTo(right) > 0;

    public static bool operator <=(CommitIdEntry left, CommitIdEntry right) => left.CompareTo(right) <= 0;

    public static bool operator >=(CommitIdEntry left, CommitIdEntry right) => left.CompareTo(right) >= 0;

    public int CompareTo(CommitIdEntry other) => Key != other.Key ? Key.CompareTo(other.Key) : Position.CompareTo(other.Position);

    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt128LittleEndian(bytes, Key);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[CommitKey.LengthBytes..], Position.Value);
    }

    public static CommitIdEntry Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt128LittleEndian(bytes), new(BinaryPrimitives.ReadInt64LittleEndian(bytes[CommitKey.LengthBytes..])));
}
