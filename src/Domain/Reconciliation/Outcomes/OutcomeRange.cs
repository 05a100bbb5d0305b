using System.Buffers.Binary;
using Cairn.Formats;
using Cairn.Primitives;

namespace Cairn.Reconciliation.Outcomes;

/// <summary>What a file of outcomes says of itself.</summary>
/// <param name="After">The range of the log begins behind this position.</param>
/// <param name="End">It ends at this position.</param>
/// <param name="FirstTime">Log clock of the first commit.</param>
/// <param name="LastTime">Log clock of the last commit.</param>
/// <param name="ForgottenBefore">Ids given by callers before this instant were forgotten at <paramref name="End"/>.</param>
/// <param name="Commits">Commits in it, at least 1.</param>
/// <param name="Given">Those of them whose callers gave the ids.</param>
internal readonly record struct OutcomeRange(
    LogPosition After, LogPosition End, Timestamp FirstTime, Timestamp LastTime, Timestamp ForgottenBefore, long Commits, long Given)
{
    public const int LengthBytes = 64;
    public const uint Version = 1;

    private const int ReservedAt = 4;
    private const int AfterAt = 8;
    private const int EndAt = 16;
    private const int FirstTimeAt = 24;
    private const int LastTimeAt = 32;
    private const int ForgottenAt = 40;
    private const int CommitsAt = 48;
    private const int GivenAt = 56;

    private bool IsPossible =>
        After >= LogPosition.Zero && After < End && End <= LogPosition.Max
        && FirstTime >= Timestamp.Min && FirstTime <= LastTime && LastTime <= Timestamp.Max
        && ForgottenBefore >= Timestamp.Min && ForgottenBefore <= Timestamp.Max
        && Commits > 0 && Given >= 0 && Given <= Commits;

    public byte[] ToBytes()
    {
        var bytes = new byte[LengthBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Version);
        Write(AfterAt, After.Value);
        Write(EndAt, End.Value);
        Write(FirstTimeAt, FirstTime.Microseconds);
        Write(LastTimeAt, LastTime.Microseconds);
        Write(ForgottenAt, ForgottenBefore.Microseconds);
        Write(CommitsAt, Commits);
        Write(GivenAt, Given);
        return bytes;

        void Write(int at, long value) => BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(at), value);
    }

    /// <exception cref="CairnException">Corrupt: the bytes are no range, or of a later version.</exception>
    public static OutcomeRange Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < LengthBytes)
        {
            throw Malformed.Because("a range of outcomes is cut short");
        }

        var version = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (version != Version)
        {
            throw Malformed.Unsupported("version of outcomes", (int)version, (int)Version);
        }

        var range = new OutcomeRange(
            new(BinaryPrimitives.ReadInt64LittleEndian(bytes[AfterAt..])),
            new(BinaryPrimitives.ReadInt64LittleEndian(bytes[EndAt..])),
            new(BinaryPrimitives.ReadInt64LittleEndian(bytes[FirstTimeAt..])),
            new(BinaryPrimitives.ReadInt64LittleEndian(bytes[LastTimeAt..])),
            new(BinaryPrimitives.ReadInt64LittleEndian(bytes[ForgottenAt..])),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[CommitsAt..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[GivenAt..]));
        return range.IsPossible && bytes.Length == LengthBytes && BinaryPrimitives.ReadUInt32LittleEndian(bytes[ReservedAt..]) == 0
            ? range
            : throw Malformed.Because("a range of outcomes makes no sense");
    }
}
