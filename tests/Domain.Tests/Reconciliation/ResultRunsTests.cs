using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Reconciliation;
using FsCheck;
using FsCheck.Fluent;

namespace Cairn.Domain.Tests.Reconciliation;

public sealed class ResultRunsTests
{
    private static readonly LogPosition Own = new(4711);

    [Fact]
    public void Read_WhenAnyResults_GivesWhatWasWritten()
    {
        var result = from effect in Gen.Choose(1, 5)
                     from version in Gen.Elements(Own.Value, 0, 1, LogPosition.Max.Value)
                     select new OperationResult((Effect)effect, new(version));
        Prop.ForAll(result.ListOf().ToArbitrary(), results =>
        {
            var bytes = new byte[ResultRuns.MaxBytes(results.Count)];
            var length = ResultRuns.Write([.. results], Own, bytes);
            Assert.Equal(results, Read(bytes.AsSpan(0, length), results.Count));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Write_WhenAllAreAlike_TakesThreeBytes()
    {
        var results = Enumerable.Repeat(new OperationResult(Effect.Updated, Own), Limits.Operations).ToArray();
        var bytes = new byte[ResultRuns.MaxBytes(results.Length)];

        Assert.Equal(3, ResultRuns.Write(results, Own, bytes));
        Assert.Equal(results, Read(bytes, results.Length));
    }

    private static OperationResult[] Read(ReadOnlySpan<byte> bytes, int count)
    {
        var reader = new ByteReader(bytes);
        return ResultRuns.Read(ref reader, Own, count);
    }
}
