import { domainKnowledge, hostsOf } from '../../../src/accounts/matching/domain-knowledge.js';

const domains = domainKnowledge(['office.example']);

describe('what matching knows about domains', () => {
  it.each(['gmail.com', 'outlook.com', 'ziggo.nl', 'kpnmail.nl', 'web.de', 'mail.ru', 'qq.com', 'proton.me', 'mailinator.com', 'guerrillamail.com', 'yopmail.com', 'office.example', 'eu.office.example'])('%s says nothing about an employer', (host) => {
    expect(hostsOf(host, domains)).toEqual([]);
  });

  it.each([
    ['nl.sub.example.com', ['nl.sub.example.com', 'sub.example.com', 'example.com']],
    ['philips.com', ['philips.com']],
    ['mail.acme.co.uk', ['mail.acme.co.uk', 'acme.co.uk']],
    ['acme.github.io', ['acme.github.io']],
    ['github.io', []],
    ['co.uk', []],
    ['nl', []],
    ['sub.firma.nosuchtld', ['sub.firma.nosuchtld', 'firma.nosuchtld']],
    ['mail.xn--bcher-kva.example', ['mail.xn--bcher-kva.example', 'xn--bcher-kva.example']],
    ['acme.xn--55qx5d.cn', ['acme.xn--55qx5d.cn']],
    ['127.0.0.1', []],
  ])('%s stands for %j', (host, expected) => {
    expect(hostsOf(host, domains)).toEqual(expected);
  });
});
