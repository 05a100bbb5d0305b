namespace Cairn.Domain.Tests.Architecture;

public sealed class FileLengthTests
{
    private const int MaxLines = 500;

    [Theory]
    [InlineData("src")]
    [InlineData("infra")]
    [InlineData("functions")]
    public void Sources_WhenCounted_AreNoLongerThanTheLimit(string folder)
    {
        var offences =
            from file in SourceTree.Files(folder, "*.cs")
            let lines = SourceTree.ReadLines(file).Length
            where lines > MaxLines
            select $"{file}: {lines} lines";

        Assert.Empty(offences);
    }
}
