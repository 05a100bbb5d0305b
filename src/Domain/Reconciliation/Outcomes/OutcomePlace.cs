using System.Buffers.Binary;
using Cairn.Formats;
using Cairn.Primitives;

namespace Cairn.Reconciliation.Outcomes;

/// <summary>Where a chunk of records begins.</summary>
/// <param name="Position">Of its first record.</param>
/// <param name="Time">Of its first record.</param>
/// <param name="Count">Records in it.</param>
internal readonly record struct OutcomePlace(LogPosition Position, Timestamp Time, int Count)
{
    private const int LengthBytes = 24;
    private const int TimeAt = 8;
    private const int CountAt = 16;
    private const int ReservedAt = 20;

    public static byte[] ToBytes(List<OutcomePlace> places)
    {
        var bytes = new byte[places.Count * LengthBytes];
        for (var i = 0; i < places.Count; i++)
        {
            var at = bytes.AsSpan(i * LengthBytes);
            BinaryPrimitives.WriteInt64LittleEndian(at, places[i].Position.Value);
            BinaryPrimitives.WriteInt64LittleEndian(at[TimeAt..], places[i].Time.Microseconds);
            BinaryPrimitives.WriteInt32LittleEndian(at[CountAt..], places[i].Count);
        }

        return bytes;
    }

    /// <exception cref="CairnException">Corrupt: they do not ascend inside of the range, or their records are not as many as it has.</exception>
    public static OutcomePlace[] Read(ReadOnlySpan<byte> bytes, in OutcomeRange range)
    {
        var places = new OutcomePlace[bytes.Length / LengthBytes];
        var (last, lastTime, count) = (range.After, range.FirstTime, 0L);
        for (var i = 0; i < places.Length; i++)
        {
            var at = bytes[(i * LengthBytes)..];
            places[i] = new(
                new(BinaryPrimitives.ReadInt64LittleEndian(at)),
                new(BinaryPrimitives.ReadInt64LittleEndian(at[TimeAt..])),
                BinaryPrimitives.ReadInt32LittleEndian(at[CountAt..]));
            if (places[i].Position <= last || places[i].Position > range.End || places[i].Time < lastTime || places[i].Time > range.LastTime
                || places[i].Count is <= 0 or > OutcomeChunk.MaxRecords || BinaryPrimitives.ReadInt32LittleEndian(at[ReservedAt..]) != 0)
            {
                throw Malformed.Because("chunks of outcomes are out of order");
            }

            (last, lastTime, count) = (places[i].Position, places[i].Time, count + places[i].Count);
        }

        return bytes.Length % LengthBytes == 0 && count == range.Commits && places[0].Time == range.FirstTime
            ? places
            : throw Malformed.Because("the chunks of outcomes hold another number of records than their range");
    }
}
