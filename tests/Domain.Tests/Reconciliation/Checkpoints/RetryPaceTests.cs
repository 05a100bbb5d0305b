using Cairn.Primitives;
using Cairn.Reconciliation.Checkpoints;

namespace Cairn.Domain.Tests.Reconciliation.Checkpoints;

/// <summary>How long the keeper waits, and what it tells.</summary>
public sealed class RetryPaceTests
{
    private readonly RetryPace _pace = new();

    [Theory]
    [InlineData(ErrorKind.Internal, 600)]
    [InlineData(ErrorKind.Corrupt, 600)]
    [InlineData(ErrorKind.Unavailable, 30)]
    [InlineData(ErrorKind.Throttled, 30)]
    [InlineData(ErrorKind.Fenced, 1)]
    public void Fail_WhenItGoesOn_DoublesThePauseToItsLimitAndTellsOnce(ErrorKind kind, int mostSeconds)
    {
        for (var tries = 0; tries < 20; tries++)
        {
            Assert.Equal(tries == 0, _pace.Fail(new CairnException(kind, "it is so")));
            Assert.Equal(TimeSpan.FromSeconds(Math.Min(1 << tries, mostSeconds)), _pace.Pause);
        }

        _pace.Succeed();
        Assert.Equal(RetryPace.Least, _pace.Pause);
        Assert.True(_pace.Fail(new CairnException(kind, "it is so")));
        Assert.Equal(RetryPace.Least, _pace.Pause);
    }

    [Fact]
    public void Fail_WhenTheReasonIsAnother_TellsItAndBeginsAnew()
    {
        Assert.True(_pace.Fail(new CairnException(ErrorKind.Corrupt, "a is damaged")));
        Assert.False(_pace.Fail(new CairnException(ErrorKind.Corrupt, "a is damaged")));
        Assert.True(_pace.Fail(new CairnException(ErrorKind.Corrupt, "b is damaged")));
        Assert.Equal(RetryPace.Least, _pace.Pause);
        Assert.True(_pace.Fail(new InvalidOperationException("b is damaged")));
        Assert.True(_pace.Fail(new CairnException(ErrorKind.Unavailable, "request 1 was lost")));
        Assert.False(_pace.Fail(new CairnException(ErrorKind.Unavailable, "request 2 was lost")));
    }
}
